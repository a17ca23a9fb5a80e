#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../../../proto/feed/feed.h"
#include "../../support/managed.h"

namespace pinwheel::test {

using Texts = std::vector<std::string>;

/// A venue with one channel a message and two requests a second: the tests need no more detail.
inline constexpr std::string_view kVenue = R"({
  "format": "pinwheel.venue/1", "name": "small", "title": "Small", "sources": {"test": "none"},
  "endpoints": [{"name": "public", "url": "ws://feed.example/stream"}],
  "ids": "integer",
  "subscribe": {"message": "sub {args} {id}", "arg": "{channel}"},
  "unsubscribe": {"message": "unsub {args} {id}", "arg": "{channel}"},
  "batch": {"max_args": 1},
  "ack": {"match": {"at": "/ok", "exists": true}, "confirms": "request", "id_at": "/ok"},
  "error": {"match": {"at": "/err", "exists": true}, "id_at": "/err", "code_at": "/code",
            "message_at": "/msg", "refuses": "channel"},
  "login": {"accepted": {"at": "/login", "equals": true}, "refused": {"at": "/login", "equals": false}},
  "message_limits": [{"count": 2, "window_ms": 1000, "scope": "connection",
                      "counts": ["requests", "answers"]}],
  "silence_limit": {"ms": 20000},
  "answers": [{"match": {"at": "/ask", "exists": true}, "reply": "answer {value}", "value_at": "/ask"}],
  "notices": [{"match": {"at": "/bye", "exists": true}}],
  "data": {"match": {"at": "/c", "exists": true}, "channel_at": "/c"},
  "time_unit": "ms",
  "channels": [{"name": "t", "text": "t.{symbol}", "time_at": "/at", "unsubscribe_first": true,
                "sequence": {"rule": "contiguous", "last_at": "/n"}}]
})";

class FeedTest : public ManagedTest {
  protected:
    FeedTest() {
        feed_options.on_channel = [this](ChannelId channel, ChannelState state, const Error& error) {
            note(std::to_string(channel) + " " + std::string(to_string(state)) +
                 (error.failed() ? " " + error.detail : std::string()));
        };
        feed_options.on_message = [this](const FeedMessage& message) {
            got.push_back(std::to_string(message.channel) + ":" +
                          std::to_string(message.sequence_end.value_or(-1)) +
                          (message.is_after_gap ? " after a gap" : ""));
            last_time = message.venue_time;
        };
        feed_options.on_gap = [this](const FeedGap& gap) {
            got.push_back("gap " + std::to_string(gap.from) + "-" + std::to_string(gap.to));
        };
        options.reconnect_delay = WebSocketOptions::Seconds{0};
        options.ping_interval = WebSocketOptions::Seconds{0};
        options.on_connect = nullptr;
        options.on_disconnect = nullptr;
    }

    Feed& make_feed() {
        const auto profile = parse_venue(venue, "small");
        if (!profile) throw std::runtime_error(profile.error().detail);
        feed_options.websocket = options;
        feed = std::make_unique<Feed>(reactor, *profile, feed_options);
        return *feed;
    }
    /// With channels t.a, t.b … and a connection that is up.
    void start(int channels) {
        make_feed();
        for (int i = 0; i < channels; ++i)
            EXPECT_EQ(feed->subscribe("t", std::string(1, static_cast<char>('a' + i))),
                      static_cast<ChannelId>(i));
        dialer.plan();
        feed->connect();
        turn();
    }
    void receive(const std::string& text, std::size_t connection = 0) {
        script(connection).bytes(text_frame(text));
        turn();
    }
    /// The peer cuts, and the next connection comes up.
    void cut(std::size_t connection = 0) {
        dialer.plan();
        script(connection).end();
        for (int i = 0; i < 1000 && dialer.dials() < connection + 2; ++i) {
            clock.advance(std::chrono::milliseconds{10});
            turn(3);
        }
        turn();
    }
    void go_live() {
        start(1);
        receive(R"({"ok":1})");
        ASSERT_TRUE(feed->settled());
        EXPECT_EQ(sent(0), Texts{"text sub t.a 1"});
    }

    /// Replaces a part of the venue's profile.
    void venue_with(std::string_view from, std::string_view to) {
        const auto at = venue.find(from);
        if (at == std::string::npos) throw std::runtime_error("not in the profile: " + std::string(from));
        venue.replace(at, from.size(), to);
    }

    std::string venue{kVenue};
    FeedOptions feed_options;
    std::unique_ptr<Feed> feed;
    Texts got;
    std::int64_t last_time = 0;
};

}  // namespace pinwheel::test
