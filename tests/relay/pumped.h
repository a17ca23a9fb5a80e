#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "../../proto/feed/feed_ring.h"
#include "../../tools/relay/relay_pump.h"
#include "fake_link.h"

namespace pinwheel::test {

/// A feed's ring, a pump and a server in memory, on a manual clock.
class Pumped : public testing::Test {
  protected:
    using Texts = std::vector<std::string>;

    /// A message of channel 0 (books A) or 1 (trades B.C).
    void push(std::optional<std::int64_t> number, ChannelId channel = 0, bool is_snapshot = false) {
        push_text(number ? "m" + std::to_string(*number) : "none", number, channel, is_snapshot);
    }
    void push_text(const std::string& text, std::optional<std::int64_t> number, ChannelId channel = 0,
                   bool is_snapshot = false) {
        FeedMessage message;
        message.payload = std::as_bytes(std::span(text));
        message.is_text = true;
        message.generation = 2;
        message.sequence = ++sequence;
        message.received = now;
        message.kernel_received = SystemTime{std::chrono::seconds{1'700'000'000}};
        message.channel = channel;
        message.leg = 1;
        message.sequence_begin = message.sequence_end = number;
        message.is_snapshot = is_snapshot;
        EXPECT_TRUE(ring.push(message));
    }
    void make() {
        options.venue = "okx-v5";
        options.name = "one";
        pump.emplace(
            ring.queue(), link, options,
            [](ChannelId id) {
                return id == 0 ? ChannelName{"books", "A"} : ChannelName{"trades", "B.C"};
            },
            [this](std::string_view text) { alerts.emplace_back(text); }, SystemTime{});
        turns();
    }
    /// Turns until no work is left at this time.
    void turns() {
        for (int idle = 0; idle < 3;) idle = pump->turn(now) == 0 ? idle + 1 : 0;
    }
    void pass(Duration time) {
        now += time;
        turns();
    }
    /// Ids of the messages published behind `from`, without their prefix.
    [[nodiscard]] Texts ids(std::size_t from = 0) const {
        Texts all;
        for (std::size_t i = from; i < link.published.size(); ++i) {
            const std::string& id = link.published[i].id;
            all.push_back(id.substr(id.rfind('|') + 1));
        }
        return all;
    }
    /// Control messages with this event.
    [[nodiscard]] Texts controls(const std::string& event) const {
        Texts all;
        for (const auto& one : link.published)
            if (one.subject == "md.okx-v5._control" &&
                one.payload.starts_with(R"({"event":")" + event + R"(",)"))
                all.push_back(one.payload);
        return all;
    }

    TimePoint now{std::chrono::hours{1}};
    FeedRing ring{0, 0};
    FakeLink link;
    RelayOptions options{.stream = "S"};
    Texts alerts;
    std::uint64_t sequence = 0;
    std::optional<RelayPump> pump;
};

}  // namespace pinwheel::test
