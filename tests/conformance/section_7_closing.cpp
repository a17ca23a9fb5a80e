#include "case.h"

namespace pinwheel::conformance {

// clang-format off
Cases closing() {
    return {
        {"7.1.1", "Behind both close frames the server closes TCP, and the client waits for it",
         close_frame(1000),
         "", "close 1000", closed(1000)},
        Case{"7.1.1", "The server closes TCP at once behind its close frame",
             close_frame(1000, "bye"),
             "", "close 1000", closed(1000, "bye")}
            .and_ends_the_stream(),
        Case{"7.1.1", "The server closes TCP at once behind its answer to the client's close",
             close_frame(1000),
             "", "close 1000", closed_by_client(1000)}
            .client(close_with(1000))
            .and_ends_the_stream(),
        {"7.1.1", "Bytes behind the server's close frame are thrown away",
         text_frame("before") + close_frame(1000) + text_frame("behind") + "\xff\xff\xff garbage",
         "text before", "close 1000", closed(1000)},
        {"7.1.1", "A second close frame is not answered",
         close_frame(1000) + close_frame(1001),
         "", "close 1000", closed(1000)},
        {"7.1.1", "A megabyte behind the server's close frame is thrown away",
         close_frame(1000) + binary_frame(times(1 << 20, "x")),
         "", "close 1000", closed(1000)},
        Case{"7.1.2", "The client closes, and waits for the answer",
             "",
             "", "close 1000 done", kClosing}
            .client(close_with(1000, "done")),
        Case{"7.1.2", "The client closes, and the server answers",
             close_frame(1000),
             "", "close 1000 done", closed_by_client(1000)}
            .client(close_with(1000, "done")),
        Case{"7.1.2", "The client closes, and the server answers with a code of its own",
             close_frame(4001, "not so fast"),
             "", "close 1000", closed_by_client(4001, "not so fast")}
            .client(close_with(1000)),
        Case{"7.1.2", "The client closes, and the server answers without code",
             raw_frame({.opcode = 8}, ""),
             "", "close 1000", closed_by_client(1005)}
            .client(close_with(1000)),
        Case{"7.1.2", "Messages in flight come before the server's answer",
             text_frame("one") + binary_frame("two") + close_frame(1000),
             "text one; binary two", "close 1000", closed_by_client(1000)}
            .client(close_with(1000)),
        Case{"7.1.2", "The client closes without code",
             close_frame(1000),
             "", "close", closed_by_client(1000)}
            .client(close_with(1005)),
        Case{"7.1.2", "The client closes with a reason of 123 bytes",
             "",
             "", "close 1000 " + shown(times(123, "r")), kClosing}
            .client(close_with(1000, times(123, "r"))),
        Case{"7.1.2", "A longer reason of the client is cut",
             "",
             "", "close 1000 " + shown(times(123, "r")), kClosing}
            .client(close_with(1000, times(124, "r"))),
        Case{"7.1.2", "A longer reason of the client is cut at the end of a character",
             "",
             "", "close 1000 " + shown(times(122, "r")), kClosing}
            .client(close_with(1000, times(122, "r") + "\u00e9")),
        Case{"7.1.2", "A reason of the client that is not UTF-8 is left out",
             "",
             "", "close 1000", kClosing}
            .client(close_with(1000, "bad \xff reason")),
        Case{"7.1.2", "A reason of the client that ends inside a character loses it",
             "",
             "", "close 1000 r", kClosing}
            .client(close_with(1000, "r\xc3")),
        Case{"7.1.3", "Both close at the same time",
             close_frame(1001, "away"),
             "", "close 1000", closed_by_client(1001, "away")}
            .client(close_with(1000)),
        Case{"7.1.5", "A close frame without payload stands for 1005",
             raw_frame({.opcode = 8}, ""),
             "", "close", closed(1005)},
        Case{"7.1.5", "The stream ends without a close frame",
             text_frame("before"),
             "text before", "", failed(Errc::end_of_stream)}
            .and_ends_the_stream(),
        Case{"7.1.5", "The stream ends inside a close frame",
             close_frame(1000, "bye").substr(0, 4),
             "", "", failed(Errc::end_of_stream)}
            .and_ends_the_stream(),
        Case{"7.1.5", "The stream ends behind the client's close, without an answer",
             text_frame("in flight"),
             "text in flight", "close 1000", failed(Errc::end_of_stream)}
            .client(close_with(1000))
            .and_ends_the_stream(),
        {"7.1.6", "A reason of 1 byte",
         close_frame(1000, "r"),
         "", "close 1000", closed(1000, "r")},
        {"7.1.6", "A reason of 122 bytes",
         close_frame(1000, times(122, "r")),
         "", "close 1000", closed(1000, times(122, "r"))},
        {"7.1.6", "A reason of 123 bytes, the longest",
         close_frame(1000, times(123, "r")),
         "", "close 1000", closed(1000, times(123, "r"))},
        {"7.1.6", "A reason of 124 bytes",
         close_frame(1000, times(124, "r")),
         "", "close 1002", failed(Errc::bad_frame)},
        {"7.1.6", "A reason with characters of two, three and four bytes",
         close_frame(1000, "\u00e4\u20ac\U0001f600"),
         "", "close 1000", closed(1000, "\u00e4\u20ac\U0001f600")},
        {"7.1.6", "A reason with a NUL",
         close_frame(1000, {"a\0b", 3}),
         "", "close 1000", closed(1000, {"a\0b", 3})},
        {"7.1.7", "A frame behind a failure is not looked at",
         raw_frame({.rsv = 1}, "x") + close_frame(1000) + text_frame("behind"),
         "", "close 1002", failed(Errc::bad_frame)},
        Case{"7.1.7", "The server closes TCP at once behind a failure",
             raw_frame({.rsv = 1}, "x"),
             "", "close 1002", failed(Errc::bad_frame)}
            .and_ends_the_stream(),
        Case{"7.1.7", "A broken frame in place of the answer to the client's close",
             raw_frame({.rsv = 1}, "x"),
             "", "close 1000", failed(Errc::bad_frame)}
            .client(close_with(1000)),
        Case{"7.1.7", "A text that is not UTF-8 behind the client's close",
             text_frame("\xff") + close_frame(1000),
             "", "close 1000", failed(Errc::bad_utf8)}
            .client(close_with(1000)),
        {"7.2.1", "Messages before the server's close are all delivered",
         times(50, text_frame("x")) + close_frame(1001),
         "text x" + times(49, "; text x"), "close 1001", closed(1001)},
        {"7.2.1", "A large message before the server's close",
         binary_frame(times(70'000, "x")) + close_frame(1000), "binary " + shown(times(70'000, "x")),
         "close 1000", closed(1000)},
    };
}

Cases close_codes() {
    Cases cases;
    for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U,
                                1014U, 3000U, 3001U, 3999U, 4000U, 4001U, 4999U}) {
        cases.push_back({"7.4", "Close code " + std::to_string(code) + " is echoed",
                         close_frame(code),
                         "", "close " + std::to_string(code), closed(code)});
        cases.push_back(Case{"7.4", "The client closes with code " + std::to_string(code),
                             close_frame(code),
                             "", "close " + std::to_string(code), closed_by_client(code)}
                            .client(close_with(static_cast<std::uint16_t>(code))));
    }
    for (const unsigned code : {1000U, 1011U, 3000U, 4999U})
        cases.push_back({"7.4", "Close code " + std::to_string(code) + " with a reason, which is not echoed",
                         close_frame(code, "because"),
                         "", "close " + std::to_string(code), closed(code, "because")});
    for (const unsigned code :
         {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 1999U, 2000U, 2999U, 5000U, 32768U, 65535U})
        cases.push_back({"7.4", "Close code " + std::to_string(code) + " must not be sent",
                         text_frame("before") + close_frame(code, "because"),
                         "text before", "close 1002", failed(Errc::bad_close)});
    for (const unsigned code : {0U, 999U, 1004U, 1006U, 1015U, 2999U, 5000U, 65535U})
        cases.push_back(Case{"7.4", "The client does not put code " + std::to_string(code) + " on the wire",
                             "",
                             "", "close", kClosing}
                            .client(close_with(static_cast<std::uint16_t>(code), "because")));
    cases.push_back({"7.4", "Half a close code",
                     raw_frame({.opcode = 8}, "\x03"),
                     "", "close 1002", failed(Errc::bad_close)});
    cases.push_back(Case{"7.4", "An illegal code in answer to the client's close",
                         close_frame(1005),
                         "", "close 1000", failed(Errc::bad_close)}
                        .client(close_with(1000)));
    return cases;
}
// clang-format on

}  // namespace pinwheel::conformance
