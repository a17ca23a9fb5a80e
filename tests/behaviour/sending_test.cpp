// Section 6 of the behaviour: sending.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Sending : public ManagedTest {};

TEST_F(Sending, SendSendBinaryAndSendJson) {
    connect();
    ws().send("text \xc3\xa9");
    ws().send_binary(bytes_of("bytes"));
    ws().send_json({{"id", 7}, {"ok", true}});
    struct Foreign {
        [[nodiscard]] std::string dump() const { return "[1]"; }
    };
    ws().send_json(Foreign{});
    EXPECT_EQ(sent(0), (std::vector<std::string>{"text text \xc3\xa9", "binary bytes",
                                                 R"(text {"id":7,"ok":true})", "text [1]"}));
}

TEST_F(Sending, SendWhileNotConnectedThrowsClosedErrorWith1006AndTrySendReturnsIt) {
    make();
    try {
        ws().send("x");
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketClosedError& error) {
        EXPECT_EQ(error.close_code(), 1006);
    }
    EXPECT_THROW(ws().send_binary({}), WebSocketClosedError);
    EXPECT_EQ(ws().try_send("x"), Errc::not_connected);
    EXPECT_EQ(ws().try_send_binary({}), Errc::not_connected);
    static_assert(noexcept(std::declval<WebSocketManager&>().try_send(std::string_view())));
    static_assert(noexcept(std::declval<WebSocketManager&>().try_send_binary({})));
    connect();
    ws().close();
    EXPECT_EQ(ws().try_send("x"), Errc::not_connected) << "CLOSING";
}

TEST_F(Sending, TextThatIsNotUtf8IsNotSent) {
    connect();
    EXPECT_EQ(ws().try_send("\xff"), Errc::invalid_argument);
    EXPECT_THROW(ws().send("\xff"), WebSocketError);
    EXPECT_EQ(sent(0), std::vector<std::string>{});
    EXPECT_EQ(ws().stats().messages_sent, 0U);
}

TEST_F(Sending, TheBacklogIsKeptInOrderUpToTheLimitAndNoMessageIsHalfSent) {
    options.send_buffer_limit = 100;
    connect();
    script(0).write_room = 10;
    ws().send("first message, twenty");
    EXPECT_GT(ws().stats().bytes_to_send, 0U);
    ws().send("second message");
    EXPECT_EQ(ws().try_send(std::string(60, 'x')), Errc::send_buffer_full);
    EXPECT_THROW(ws().send(std::string(60, 'x')), WebSocketError);
    EXPECT_EQ(ws().try_send(std::string(200, 'x')), Errc::send_buffer_full);
    ws().send("third");
    EXPECT_EQ(ws().stats().messages_sent, 3U);
    script(0).write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_EQ(sent(0),
              (std::vector<std::string>{"text first message, twenty", "text second message", "text third"}));
    EXPECT_EQ(ws().stats().bytes_to_send, 0U);
    EXPECT_EQ(resolve({})->connection.send_buffer_limit, std::size_t{16} << 20);
}

}  // namespace
}  // namespace pinwheel::test
