#include "case.h"

namespace pinwheel::conformance {

// clang-format off
Cases limits() {
    constexpr std::uint64_t kHuge = (std::uint64_t{1} << 63) - 1;
    return {
        Case{"10.4", "A message of exactly the limit",
             binary_frame(times(1000, "x")),
             "binary " + shown(times(1000, "x")), "", kOpen}
            .limited_to(1000),
        Case{"10.4", "A message one byte over the limit",
             binary_frame(times(1001, "x")),
             "", "close 1009", failed(Errc::message_too_large)}
            .limited_to(1000),
        Case{"10.4", "A text one byte over the limit",
             text_frame(times(1001, "x")),
             "", "close 1009", failed(Errc::message_too_large)}
            .limited_to(1000),
        Case{"10.4", "A small message over a small limit",
             text_frame("12345678") + text_frame("123456789"),
             "text 12345678", "close 1009", failed(Errc::message_too_large)}
            .limited_to(8),
        Case{"10.4", "Fragments of exactly the limit together",
             binary_frame(times(500, "x"), false) + continuation(times(500, "x")),
             "binary " + shown(times(1000, "x")), "", kOpen}
            .limited_to(1000),
        Case{"10.4", "Fragments over the limit together are refused at the header that leads over it",
             binary_frame(times(500, "x"), false) + raw_frame({.fin = false, .opcode = 0, .claimed = 501}, "x"),
             "", "close 1009", failed(Errc::message_too_large)}
            .limited_to(1000),
        Case{"10.4", "Small fragments over the limit together",
             text_frame("1234", false) + continuation("5678", false) + continuation("9"),
             "", "close 1009", failed(Errc::message_too_large)}
            .limited_to(8),
        Case{"10.4", "The limit holds for each message by itself",
             times(5, binary_frame(times(600, "x"))),
             "binary " + shown(times(600, "x")) + times(4, "; binary " + shown(times(600, "x"))), "", kOpen}
            .limited_to(1000),
        Case{"10.4", "The limit starts anew behind a fragmented message",
             text_frame("1234", false) + continuation("5678") + text_frame("1234", false) + continuation("5678"),
             "text 12345678; text 12345678", "", kOpen}
            .limited_to(8),
        Case{"10.4", "Control frames between fragments do not count",
             text_frame("1234", false) + ping_frame("12345678") + continuation("5678"),
             "text 12345678", "pong 12345678", kOpen}
            .limited_to(8),
        Case{"10.4", "A ping over the limit of messages is answered",
             ping_frame("123456789"),
             "", "pong 123456789", kOpen}
            .limited_to(8),
        {"10.4", "A binary that claims 2^63-1 bytes",
         raw_frame({.opcode = 2, .claimed = kHuge}, "x"),
         "", "close 1009", failed(Errc::message_too_large)},
        {"10.4", "A text that claims 2^63-1 bytes",
         text_frame("before") + raw_frame({.claimed = kHuge}, "x"),
         "text before", "close 1009", failed(Errc::message_too_large)},
        {"10.4", "A fragment that claims 2^63-1 bytes, with one before it",
         binary_frame("x", false) + raw_frame({.opcode = 0, .claimed = kHuge}, "x"),
         "", "close 1009", failed(Errc::message_too_large)},
        {"10.4", "A first fragment that claims 2^63-1 bytes",
         raw_frame({.fin = false, .opcode = 2, .claimed = kHuge}, "x"),
         "", "close 1009", failed(Errc::message_too_large)},
        {"10.4", "A frame that claims 2^32 bytes",
         raw_frame({.opcode = 2, .claimed = std::uint64_t{1} << 32}, "x"),
         "", "close 1009", failed(Errc::message_too_large)},
        {"10.4", "A frame that claims 4 GiB more than it has",
         raw_frame({.opcode = 2, .claimed = (std::uint64_t{1} << 32) + 1}, "x") + ping_frame("not seen"),
         "", "close 1009", failed(Errc::message_too_large)},
        Case{"10.4", "A limit of 0 allows empty messages",
             text_frame("") + binary_frame("") + text_frame("x"),
             "text; binary", "close 1009", failed(Errc::message_too_large)}
            .limited_to(0),
    };
}
// clang-format on

}  // namespace pinwheel::conformance
