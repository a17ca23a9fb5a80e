#include "case.h"

namespace pinwheel::conformance {
namespace {

std::string masked(unsigned opcode, std::string_view payload) {
    return raw_frame({.opcode = opcode, .masked = true}, payload);
}

Action three_of_each() {
    return [](Connection& connection) {
        for (int i = 0; i < 3; ++i) {
            send_text("same")(connection);
            send_binary("same")(connection);
            send_ping("same")(connection);
        }
    };
}

}  // namespace

// describe_sent() names each frame of the client that is not masked, and each mask that comes twice.
// clang-format off
Cases masking() {
    return {
        {"5.1", "A masked text from the server",
         text_frame("before") + masked(1, "x") + text_frame("behind"),
         "text before", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked binary from the server",
         masked(2, "x"),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked continuation from the server",
         text_frame("a", false) + masked(0, "b"),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked ping from the server is not answered",
         masked(9, "hi"),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked pong from the server",
         masked(10, "hi"),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked close from the server is not echoed",
         masked(8, close_payload(1000)),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked empty frame from the server",
         masked(1, ""),
         "", "close 1002", failed(Errc::masked_frame)},
        {"5.1", "A masked frame of 300 bytes from the server",
         masked(2, std::string(300, 'x')),
         "", "close 1002", failed(Errc::masked_frame)},
        Case{"5.1", "The client masks its close",
             "",
             "", "close 1000 bye", kClosing}.client(close_with(1000, "bye")),
        Case{"5.3", "The client masks a text",
             "",
             "", "text Hello", kOpen}.client(send_text("Hello")),
        Case{"5.3", "The client masks a binary",
             "",
             "", "binary \\x00\\xff", kOpen}.client(send_binary({"\0\xff", 2})),
        Case{"5.3", "The client masks a ping",
             "",
             "", "ping 12345678", kOpen}.client(send_ping("12345678")),
        Case{"5.3", "The client masks an empty text",
             "",
             "", "text", kOpen}.client(send_text("")),
        Case{"5.3", "The client takes a fresh mask for each frame",
             ping_frame("same"),
             "", times(3, "text same; binary same; ping same; ") + "pong same", kOpen}.client(three_of_each()),
    };
}

}  // namespace pinwheel::conformance
