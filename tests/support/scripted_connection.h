#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "../../proto/delivery/callback_sink.h"
#include "../../proto/websocket/connection.h"
#include "frames.h"
#include "scripted_dialer.h"

namespace pinwheel::test {

/// A connection to a scripted server, on a clock that the test moves.
class ScriptedConnection : public testing::Test, public ConnectionHandler {
  protected:
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override { ++pongs; }
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override {
        end = ended;
        ++ends;
    }
    virtual void on_message(const Message&) { ++messages; }

    void start(MessageSink& into, const std::string& url = "ws://feed.example/stream") {
        connection = std::make_unique<Connection>(reactor, dialer, options, *this, into);
        connection->start(*Url::parse(url));
    }
    void start(const std::string& url = "ws://feed.example/stream") { start(sink, url); }
    void open() {
        start();
        turn();
        ASSERT_TRUE(connection->is_open());
    }
    /// A millisecond passes before each turn.
    void turn(int turns = 20) {
        for (int i = 0; i < turns; ++i) {
            clock.advance(std::chrono::milliseconds{1});
            reactor.poll();
        }
    }
    [[nodiscard]] StreamScript& script() { return plan.script; }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    ScriptedDialer dialer{reactor};
    ScriptedDialer::Plan& plan = dialer.plan();
    ConnectionOptions options;
    CallbackSink sink{CallbackSink::Callback::member<&ScriptedConnection::on_message>(*this)};
    std::unique_ptr<Connection> connection;
    ConnectionEnd end;
    int messages = 0;
    int pongs = 0;
    int ends = 0;
};

}  // namespace pinwheel::test
