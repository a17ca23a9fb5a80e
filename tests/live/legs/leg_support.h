#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../../net/reactor.h"
#include "../../../proto/feed/feed.h"
#include "../../support/subprocess.h"

namespace pinwheel::test {

/// How often something is done: few times in CI, as often as the environment says otherwise.
[[nodiscard]] inline std::size_t times_of(const char* name, std::size_t otherwise) {
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

/// Deribit without its limit of requests, which would slow down rotations.
[[nodiscard]] inline std::string patient_venue() {
    std::ifstream file(PINWHEEL_SOURCE "/proto/venue/profiles/deribit-v2.json");
    std::string text(std::istreambuf_iterator<char>(file), {});
    const auto from = text.find("\"message_limits\"");
    const auto to = text.find("\"first_subscribe\"");
    if (from == std::string::npos || to == std::string::npos || to < from)
        throw std::runtime_error("the profile of Deribit has another form");
    return text.erase(from, to - from);
}

/// The simulated venue in a process of its own. Processes of one rate number alike.
class VenueProcess {
  public:
    /// `wrap` says where a command runs.
    VenueProcess(const std::string& profile, std::string address,
                 const std::function<std::vector<std::string>(std::vector<std::string>)>& wrap = {})
        : profile_(profile), address_(std::move(address)), wrap_(wrap) {
        start();
    }
    [[nodiscard]] std::string url() const { return "ws://" + address_ + ":" + port_ + "/"; }
    void signal(int number) { process_->signal(number); }
    void kill() {
        process_->signal(SIGKILL);
        process_->wait();
    }
    /// On the same port.
    void start() {
        std::vector<std::string> command{PINWHEEL_COMMAND, "feed",   "--venue", profile_,
                                         "--by-clock",     "--rate", "1000",    "--address",
                                         address_,         "--port", port_};
        process_.emplace(wrap_ ? wrap_(std::move(command)) : std::move(command));
        port_ = process_->read_line();
    }
    /// Asks it to end; what it printed.
    [[nodiscard]] std::string end() {
        process_->signal(SIGTERM);
        return process_->finish().output;
    }

  private:
    const std::string profile_, address_;
    const std::function<std::vector<std::string>(std::vector<std::string>)> wrap_;
    std::string port_ = "0";
    std::optional<Subprocess> process_;
};

/// Subscribes trades, whose numbers are contiguous and cut alike on all legs, and a book, whose messages name
/// their predecessor, and checks that each comes once, in order.
class Consumer {
  public:
    Consumer(const std::string& profile_text, std::vector<std::string> urls, std::size_t legs,
             const std::function<void(FeedOptions&)>& adapt = {}) {
        FeedOptions options;
        options.urls = std::move(urls);
        options.legs = legs;
        options.websocket.reconnect_strategy = ReconnectStrategy::fixed_delay;
        options.websocket.reconnect_delay = std::chrono::milliseconds{10};
        options.websocket.max_reconnect_attempts = 1'000'000;
        options.on_message = [this](const FeedMessage& message) { take(message); };
        options.on_gap = [this](const FeedGap&) { ++gaps_; };
        if (adapt) adapt(options);
        const auto profile = parse_venue(profile_text, "deribit");
        if (!profile) throw std::runtime_error(profile.error().detail);
        feed_.emplace(reactor, *profile, std::move(options));
        trades_ = feed_->subscribe("trades.100ms", "BTC-PERPETUAL");
        book_ = feed_->subscribe("book.100ms", "BTC-PERPETUAL");
        feed_->connect();
    }

    /// A leg that joins behind a hole waits for a leg that lags, also on a busy machine: what a process has
    /// not sent when it is killed no leg has.
    static void hold_long(FeedOptions& options) {
        options.min_hold = options.max_hold = std::chrono::seconds{10};
        options.hold_messages = 500;
    }

    Feed& feed() noexcept { return *feed_; }
    /// The suite's own time limit is the only clock.
    void turn_until(const std::function<bool()>& done) {
        while (!done()) reactor.poll_for(std::chrono::milliseconds{5});
    }
    /// Until so many more messages were handed on.
    void receive(std::uint64_t messages) {
        turn_until([&, until = messages_ + messages] { return messages_ >= until; });
    }
    /// Until the leg is up and has shown so many messages.
    void follow(std::size_t leg, std::uint64_t messages = 20) {
        const auto shown = [&] {
            const FeedLegStats stats = feed_->leg_stats(leg);
            return stats.state == LegState::up ? stats.firsts + stats.duplicates : 0;
        };
        turn_until([&] { return shown() != 0; });
        turn_until([&, until = shown() + messages] { return shown() >= until; });
    }
    void wait_for(std::size_t leg, LegState state) {
        turn_until([&] { return feed_->leg_stats(leg).state == state; });
    }
    /// Nothing was lost, and nothing came twice.
    void expect_whole() const {
        EXPECT_EQ(lost_, 0U);
        EXPECT_EQ(twice_, 0U);
        EXPECT_EQ(gaps_, 0U);
        EXPECT_GT(messages_, 0U);
    }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }

    Reactor reactor;

  private:
    void take(const FeedMessage& message) {
        ++messages_;
        if (!message.sequence_end) return;
        const std::int64_t number = *message.sequence_end;
        const auto last = last_.find(message.channel);
        if (last != last_.end()) {
            const auto named = message.json().integer("/params/data/prev_change_id");
            const bool is_snapshot = message.channel == book_ && !named;
            const std::int64_t after = is_snapshot ? last->second : named.value_or(number - 1);
            if (after > last->second) ++lost_;
            if (after < last->second || (is_snapshot && number < last->second)) ++twice_;
        }
        last_[message.channel] = number;
    }

    std::optional<Feed> feed_;
    ChannelId trades_ = kNoChannel, book_ = kNoChannel;
    std::map<ChannelId, std::int64_t> last_;
    std::uint64_t messages_ = 0, lost_ = 0, twice_ = 0, gaps_ = 0;
};

}  // namespace pinwheel::test
