#include "case.h"

namespace pinwheel::conformance {
namespace {

// clang-format off
Cases shape_of_control_frames() {
    Cases cases;
    const struct {
        unsigned opcode;
        const char* name;
    } kinds[] = {{8, "close"}, {9, "ping"}, {10, "pong"}};
    for (const auto& [opcode, name] : kinds) {
        const std::string kind = name;
        const std::string code = opcode == 8 ? close_payload(1000) : "xx";
        cases.push_back({"5.5", "A fragmented " + kind,
                         raw_frame({.fin = false, .opcode = opcode}, code) + continuation("x"),
                         "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.5", "A fragmented " + kind + " without payload",
                         raw_frame({.fin = false, .opcode = opcode}, ""),
                         "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back(
            {"5.5", "A fragmented " + kind + " between fragments",
             text_frame("a", false) + raw_frame({.fin = false, .opcode = opcode}, code) + continuation("b"),
             "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.5", "A " + kind + " of 126 bytes",
                         raw_frame({.opcode = opcode}, code + times(124, "x")),
                         "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.5", "A " + kind + " of 65536 bytes",
                         raw_frame({.opcode = opcode}, code + times(65534, "x")),
                         "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.5", "A " + kind + " that claims 126 bytes is refused at its header",
                         raw_frame({.opcode = opcode, .claimed = 126}, "x"),
                         "", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.5", "A " + kind + " with a length of 16 bits for 100 bytes",
                         raw_frame({.opcode = opcode, .length_bytes = 2}, code + times(98, "x")),
                         "", "close 1002", failed(Errc::bad_frame)});
    }
    return cases;
}

Cases pings() {
    Cases cases;
    for (const std::size_t size : {0U, 1U, 2U, 8U, 124U, 125U})
        cases.push_back({"5.5.2", "A ping of " + std::to_string(size) + " bytes is answered with the same",
                         ping_frame(times(size, "p")),
                         "", size > 0 ? "pong " + shown(times(size, "p")) : "pong", kOpen});
    Cases rest{
        {"5.5.2", "A ping's payload is bytes, not text",
         ping_frame({"\0\xff\xfe\x80", 4}),
         "", "pong \\x00\\xff\\xfe\\x80", kOpen},
        {"5.5.2", "The RFC's ping of section 5.7",
         "\x89\x05\x48\x65\x6c\x6c\x6f",
         "", "pong Hello", kOpen},
        {"5.5.2", "Ten pings are answered in order",
         ping_frame("1") + ping_frame("2") + ping_frame("3") + times(6, ping_frame("x")) + ping_frame("10"),
         "", "pong 1; pong 2; pong 3" + times(6, "; pong x") + "; pong 10", kOpen},
        {"5.5.2", "A ping between messages",
         text_frame("a") + ping_frame("hi") + text_frame("b"),
         "text a; text b", "pong hi", kOpen},
        {"5.5.2", "A ping before a broken frame is answered, one behind it is not",
         ping_frame("1") + raw_frame({.opcode = 3}, "x") + ping_frame("2"),
         "", "pong 1; close 1002", failed(Errc::bad_frame)},
        {"5.5.2", "A ping behind the server's close is not answered",
         ping_frame("1") + close_frame(1000) + ping_frame("2"),
         "", "pong 1; close 1000", closed(1000)},
        Case{"5.5.2", "A ping behind the client's close is answered until the server's close",
             ping_frame("hi") + close_frame(1000),
             "", "close 1000; pong hi", closed_by_client(1000)}
            .client(close_with(1000)),
        Case{"5.5.2", "The client's ping goes out with its payload",
             pong_frame("12345678"),
             "pong 12345678", "ping 12345678", kOpen}
            .client(send_ping("12345678")),
        Case{"5.5.2", "The client does not send a ping of 126 bytes",
             "",
             "", "", kOpen}.client(
            send_ping(times(126, "x"))),
        Case{"5.5.2", "The client sends a ping of 125 bytes",
             "",
             "", "ping " + shown(times(125, "x")), kOpen}
            .client(send_ping(times(125, "x"))),
    };
    for (Case& one : rest) cases.push_back(std::move(one));
    return cases;
}

Cases pongs() {
    return {
        {"5.5.3", "A pong that nobody asked for is no failure and has no answer",
         text_frame("a") + pong_frame("unasked") + text_frame("b"),
         "text a; pong unasked; text b", "", kOpen},
        {"5.5.3", "An empty pong",
         pong_frame(""),
         "pong", "", kOpen},
        {"5.5.3", "A pong of 125 bytes",
         pong_frame(times(125, "x")),
         "pong " + shown(times(125, "x")), "", kOpen},
        {"5.5.3", "The RFC's pong of section 5.7",
         std::string("\x8a\x05\x48\x65\x6c\x6c\x6f"),
         "pong Hello", "", kOpen},
        {"5.5.3", "Pongs and pings mixed",
         pong_frame("1") + ping_frame("2") + pong_frame("3") + ping_frame("4"),
         "pong 1; pong 3", "pong 2; pong 4", kOpen},
        {"5.5.3", "A pong behind the server's close is ignored",
         close_frame(1000) + pong_frame("late"),
         "", "close 1000", closed(1000)},
        Case{"5.5.3", "One pong for the last of three pings",
             pong_frame("3"),
             "pong 3", "ping 1; ping 2; ping 3", kOpen}
            .client([](Connection& connection) {
                for (const char* p : {"1", "2", "3"}) send_ping(p)(connection);
            }),
    };
}
// clang-format on

}  // namespace

Cases control_frames() {
    Cases cases;
    for (auto* const part : {&shape_of_control_frames, &pings, &pongs})
        for (Case& one : part()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
