#include "case.h"

namespace pinwheel::conformance {
namespace {

/// Every byte value.
std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

// clang-format off
Cases received() {
    return {
        {"5.6", "A binary may hold any byte",
         binary_frame(all_bytes()),
         "binary " + shown(all_bytes()), "", kOpen},
        {"5.6", "A binary that is not UTF-8, in fragments",
         binary_frame("\xff", false) + continuation("\xc0\xaf"),
         "binary \\xff\\xc0\\xaf", "", kOpen},
        {"5.6", "A text with a NUL",
         text_frame({"a\0b", 3}),
         "text a\\x00b", "", kOpen},
        {"5.6", "A text with line breaks and controls",
         text_frame("a\r\n\t\x1b\x7f"),
         "text a\\x0d\\x0a\\x09\\x1b\\x7f", "", kOpen},
        {"5.6", "Empty and other messages by turns",
         text_frame("") + text_frame("a") + binary_frame("") + binary_frame("b") + text_frame(""),
         "text; text a; binary; binary b; text", "", kOpen},
        {"5.6", "A text of a megabyte",
         text_frame(times(1 << 16, "0123456789abcdef")),
         "text " + shown(times(1 << 16, "0123456789abcdef")), "", kOpen},
        {"5.6", "A binary of a megabyte in frames of 4 KiB",
         binary_frame(times(4096, "a"), false) + times(254, continuation(times(4096, "b"), false)) + continuation(times(4096, "c")),
         "binary " + shown(times(4096, "a") + times(254 * 4096, "b") + times(4096, "c")), "", kOpen},
    };
}

/// The client's frames: unfragmented, with minimal length (describe_sent() reports any others).
Cases sent() {
    Cases cases;
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 65537U}) {
        const std::string payload = times(size, "x");
        const std::string what = size > 0 ? " " + shown(payload) : "";
        cases.push_back(Case{"6.1", "The client sends a text of " + std::to_string(size) + " bytes",
                             "",
                             "", "text" + what, kOpen}
                            .client(send_text(payload)));
        cases.push_back(Case{"6.1", "The client sends a binary of " + std::to_string(size) + " bytes",
                             "",
                             "", "binary" + what, kOpen}
                            .client(send_binary(payload)));
    }
    Cases rest{
        Case{"6.1", "The client sends any byte",
             "",
             "", "binary " + shown(all_bytes()), kOpen}.client(
            send_binary(all_bytes())),
        Case{"6.1", "What the client sends keeps its order, with pongs between",
             ping_frame("p"),
             "", "text 1; pong p; text 2", kOpen}
            .client(send_text("1"))
            .then(send_text("2"), ""),
        Case{"6.1", "The client sends nothing behind its close",
             "",
             "", "close 1000", kClosing}.client(
            [](Connection& c) {
                close_with(1000)(c);
                send_text("late")(c);
                send_ping("late")(c);
                close_with(1001)(c);
            }),
        Case{"6.1", "The client sends nothing behind the server's close",
             close_frame(1000),
             "", "close 1000", closed(1000)}
            .then(
                [](Connection& c) {
                    send_text("late")(c);
                    send_ping("late")(c);
                    close_with(1001)(c);
                },
                ""),
        Case{"6.1", "The client sends nothing behind a failure",
             raw_frame({.rsv = 1}, "x"),
             "", "close 1002", failed(Errc::bad_frame)}
            .then(
                [](Connection& c) {
                    send_text("late")(c);
                    send_ping("late")(c);
                    close_with(1001)(c);
                },
                ""),
        {"6.2", "A message is delivered at its last frame, not before",
         text_frame("a", false) + continuation("b", false) + continuation("c", false),
         "", "", kOpen},
    };
    for (Case& one : rest) cases.push_back(std::move(one));
    return cases;
}
// clang-format on

}  // namespace

Cases data_frames() {
    Cases cases = received();
    for (Case& one : sent()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
