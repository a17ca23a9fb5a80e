#include <gtest/gtest.h>

#include <cerrno>

#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/scripted_dialer.h"
#include "wrapped_calls.h"

namespace pinwheel::test {
namespace {

struct Ended final : ConnectionHandler {
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override { end = ended; }
    void on_message(const Message&) {}
    ConnectionEnd end;
};

TEST(CompressionFaults, WithoutMemoryForMessagesTheAttemptFailsAndSaysWhatToDo) {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    ScriptedDialer dialer(reactor);
    dialer.plan().headers = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    Ended handler;
    CallbackSink sink(CallbackSink::Callback::member<&Ended::on_message>(handler));
    ConnectionOptions options;
    options.upgrade.permessage_deflate = true;
    Connection connection(reactor, dialer, options, handler, sink);
    connection.start(*Url::parse("ws://feed.example/"));
    call_plan = {.call = Call::mmap, .error = ENOMEM, .armed = true};
    for (int i = 0; i < 20; ++i) reactor.poll();
    EXPECT_TRUE(call_plan.fired());
    call_plan = {};
    EXPECT_EQ(handler.end.error.code, Errc::out_of_memory);
    EXPECT_FALSE(handler.end.was_open);
    EXPECT_NE(handler.end.error.message().find("lower max_message_size"), std::string::npos)
        << handler.end.error.message();
}

}  // namespace
}  // namespace pinwheel::test
