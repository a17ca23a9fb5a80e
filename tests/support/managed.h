#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../net/reactor.h"
#include "../../proto/session/manager.h"
#include "frames.h"
#include "scripted_dialer.h"
#include "stepping_clock.h"

namespace pinwheel::test {

/// A manager without sockets: scripted streams, a clock that advances one millisecond a turn, and a log of
/// the handlers' calls.
class ManagedTest : public testing::Test {
  protected:
    using Plan = ScriptedDialer::Plan;

    explicit ManagedTest(ReactorMode mode = ReactorMode::busy_spin)
        : reactor{{.mode = mode, .clock = &clock}} {
        options.dialer = &dialer;
        options.reconnect_jitter = 0;
        options.on_connect = [this] { note("connect"); };
        options.on_disconnect = [this](DisconnectReason reason) {
            note("disconnect " + std::string(to_string(reason)));
        };
        options.on_alert = [this](std::string_view channel, std::string_view message, AlertContext context) {
            std::string text = "alert " + std::string(channel) + ": " + std::string(message);
            for (const auto& field : context) text += " " + std::string(field.name) + "=" + field.value;
            alerts.push_back(text);
        };
    }

    /// Makes the manager from `options`.
    WebSocketManager& make(const std::string& url = "ws://feed.example/stream") {
        ws_ = std::make_unique<WebSocketManager>(reactor, url, options);
        return *ws_;
    }
    [[nodiscard]] WebSocketManager& ws() { return *ws_; }
    [[nodiscard]] bool exists() const { return ws_ != nullptr; }
    void destroy() { ws_.reset(); }

    /// Makes the manager and connects it. Adds a plan for the first attempt if there is none.
    void connect() {
        if (dialer.plans() == dialer.dials()) dialer.plan();
        make().connect();
        turn();
        ASSERT_TRUE(ws().is_connected());
    }
    void turn(int turns = 10) {
        for (int i = 0; i < turns; ++i) reactor.poll();
    }
    /// Advances the time in ten steps, with turns after each.
    void pass(Duration time) {
        for (int i = 0; i < 10; ++i) {
            clock.advance(time / 10);
            turn(3);
        }
        turn();
    }

    /// The client's frames on its n-th connection: `text …`, `close 1000`, `ping`.
    std::vector<std::string> sent(std::size_t connection) {
        std::vector<std::string> frames;
        auto& written = dialer.at(connection).script.written;
        for (auto frame = take_sent_frame(written); frame.opcode != 255; frame = take_sent_frame(written)) {
            if (frame.opcode == 1) frames.push_back("text " + frame.payload);
            if (frame.opcode == 2) frames.push_back("binary " + frame.payload);
            if (frame.opcode == 9) frames.emplace_back("ping");
            if (frame.opcode == 10) frames.push_back("pong " + frame.payload);
            if (frame.opcode == 8)
                frames.push_back("close " + std::to_string(static_cast<std::uint8_t>(frame.payload[0]) << 8 |
                                                           static_cast<std::uint8_t>(frame.payload[1])));
        }
        return frames;
    }
    [[nodiscard]] StreamScript& script(std::size_t connection) { return dialer.at(connection).script; }
    /// Plans further attempts that succeed.
    void plan(int attempts) {
        for (int i = 0; i < attempts; ++i) dialer.plan();
    }
    /// Plans further attempts that fail.
    void plan_failures(int attempts, Errc code = Errc::connection_refused) {
        for (int i = 0; i < attempts; ++i) dialer.plan(Error{code, "nobody there"});
    }
    /// The last alert's message. Empty if there was none.
    [[nodiscard]] std::string last_alert() const { return alerts.empty() ? std::string() : alerts.back(); }

    void note(const std::string& what) { log += what + ";"; }

    SteppingClock clock{std::chrono::milliseconds{1}};
    Reactor reactor;
    ScriptedDialer dialer{reactor};
    WebSocketOptions options;
    std::string log;
    std::vector<std::string> alerts;

  private:
    std::unique_ptr<WebSocketManager> ws_;
};

}  // namespace pinwheel::test
