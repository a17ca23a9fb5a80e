#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../../core/clock.h"
#include "../../../proto/feed/feed_ring.h"
#include "../../../tools/relay/nats_reader.h"
#include "../../../tools/relay/relay.h"

namespace pinwheel::test {

/// Lines from another thread.
class Lines {
  public:
    void add(std::string_view line) {
        const std::lock_guard lock(mutex_);
        all_ += std::string(line) + "\n";
    }
    [[nodiscard]] std::string all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    [[nodiscard]] bool has(std::string_view part) const { return all().find(part) != std::string::npos; }

  private:
    mutable std::mutex mutex_;
    std::string all_;
};

/// The feed's end of a relay: a ring, filled by a thread in place of the reactor, with a relay behind it.
class RelayedFeed {
  public:
    RelayedFeed(RelayOptions options, const std::string& name, std::uint32_t ring_messages = 1'000'000)
        : ring_(ring_messages, 0),
          relay_(ring_.queue(), named(std::move(options), name),
                 [this](std::string_view text) { alerts.add(text); }) {
        relay_.name(0, {"trades", "A"});
        relay_.name(1, {"books", "B"});
    }

    /// On the calling thread: one message of a channel.
    void push(std::int64_t number, ChannelId channel = 0) {
        const std::string text = std::to_string(number) + std::string(180, '.');
        FeedMessage message;
        message.payload = std::as_bytes(std::span(text));
        message.sequence = ++sequence_;
        message.received = clock_.now();
        message.kernel_received = clock_.system_now();
        message.channel = channel;
        message.sequence_begin = message.sequence_end = number;
        std::ignore = ring_.push(message);
    }
    /// Numbers `first` to `last` on channel 0 at this rate. Returns the longest time between two turns of the
    /// loop, which should not wait.
    Duration feed(std::int64_t first, std::int64_t last, int rate) {
        const TimePoint began = clock_.now();
        TimePoint before = began;
        Duration worst{};
        for (std::int64_t number = first; number <= last;) {
            const TimePoint now = clock_.now();
            worst = std::max(worst, now - before);
            before = now;
            const auto due = first + (now - began) * rate / std::chrono::seconds{1};
            for (; number <= due && number <= last; ++number) push(number);
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
        return worst;
    }

    [[nodiscard]] Relay& relay() noexcept { return relay_; }
    [[nodiscard]] FeedRing& ring() noexcept { return ring_; }
    /// Waits until the relay's counts satisfy this; false after 30 s.
    bool wait_for(const std::function<bool(const RelayStats&)>& is_it) {
        for (int i = 0; i < 3000 && !is_it(relay_.stats()); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        return is_it(relay_.stats());
    }
    bool wait_connected() {
        return wait_for([](const RelayStats& stats) { return stats.is_connected; });
    }
    bool wait_done() {
        return wait_for([this](const RelayStats& stats) {
            return stats.pending == 0 && stats.taken + ring_.dropped() == sequence_;
        });
    }

    Lines alerts;

  private:
    static RelayOptions named(RelayOptions options, const std::string& name) {
        options.name = name;
        options.venue = "okx-v5";
        return options;
    }

    SteadyClock clock_;
    FeedRing ring_;
    std::uint64_t sequence_ = 0;
    Relay relay_;
};

/// The content of a stream, from its beginning.
struct StreamContents {
    std::vector<std::int64_t> numbers;  // of trades A, in the stream's order
    std::vector<std::string> controls;
    std::map<std::string, int> ids;

    /// Duplicate ids.
    [[nodiscard]] std::vector<std::string> doubles() const {
        std::vector<std::string> all;
        for (const auto& [id, count] : ids)
            if (count > 1) all.push_back(id);
        return all;
    }
    /// The missing numbers of 1 to `last`.
    [[nodiscard]] std::vector<std::int64_t> missing(std::int64_t last) const {
        std::vector<std::int64_t> sorted = numbers;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::int64_t> all;
        for (std::int64_t number = 1; number <= last; ++number)
            if (!std::binary_search(sorted.begin(), sorted.end(), number)) all.push_back(number);
        return all;
    }
};

/// Reads until no message comes for a while.
inline StreamContents read_stream(const RelayOptions& server, const std::string& subject = "md.okx-v5.>") {
    StreamContents contents;
    NatsReader reader({.server = server, .subject = subject, .since = SystemTime{}}, {});
    for (int silent = 0; silent < 5;) {
        const NatsRecord* const record = reader.next(std::chrono::milliseconds{200});
        silent = record == nullptr ? silent + 1 : 0;
        if (record == nullptr) continue;
        ++contents.ids[record->id];
        if (record->subject == "md.okx-v5._control")
            contents.controls.push_back(record->payload);
        else if (record->subject == "md.okx-v5.trades.A")
            contents.numbers.push_back(std::stoll(record->payload));
    }
    return contents;
}

/// Every number from 1 to `last` once, and in order.
inline void expect_whole(const StreamContents& contents, std::int64_t last) {
    EXPECT_EQ(contents.numbers.size(), static_cast<std::size_t>(last));
    EXPECT_EQ(contents.doubles(), std::vector<std::string>{});
    EXPECT_EQ(contents.missing(last), std::vector<std::int64_t>{});
    EXPECT_TRUE(std::is_sorted(contents.numbers.begin(), contents.numbers.end()));
}

}  // namespace pinwheel::test
