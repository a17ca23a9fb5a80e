#include "case.h"

namespace pinwheel::conformance {
namespace {

const std::string kStatus = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kHeaders =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n";

/// An answer that is refused for its syntax.
Case refused(const std::string& section, const std::string& name, const std::string& answer,
             Errc error = Errc::upgrade_malformed) {
    return Case{section, name, "", "", "", failed(error)}.answered(answer);
}

// clang-format off
Cases not_http() {
    return {
        refused("4.2.2", "HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "HTTP/2", "HTTP/2 101 Switching Protocols\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "HTTP in small letters", "http/1.1 101 Switching Protocols\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "No status", "HTTP/1.1 Switching Protocols\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "A status of two digits", "HTTP/1.1 10 Switching\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "A status of four digits", "HTTP/1.1 1010 Switching\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "A negative status", "HTTP/1.1 -10 Switching\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "Two blanks before the status", "HTTP/1.1  101 Switching\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "A blank before the version", " HTTP/1.1 101 Switching\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "An empty line before the status", "\r\n" + kStatus + kHeaders + "\r\n"),
        refused("4.2.2", "Another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        refused("4.2.2", "A WebSocket frame in place of an answer", text_frame("Hello\r\n\r\n")),
        refused("4.2.2", "TLS in place of an answer",
                std::string("\x15\x03\x01\x00\x02\x02\x28\r\n\r\n", 11)),
        refused("4.2.2", "Bare LF", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n"),
        refused("4.2.2", "One bare LF among CRLF", kStatus + "X: y\n" + kHeaders + "\r\n"),
        refused("4.2.2", "Bare CR", kStatus + "X: y\rZ: z\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "Two CR before an LF", kStatus + "X: y\r\r\n" + kHeaders + "\r\n"),
        // RFC 9112 section 5.2: a user agent replaces a fold by a space.
        Case{"4.2.2", "A folded header", text_frame("ok"), "text ok", "", kOpen}.answered(
            kStatus + "Upgrade:\r\n websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
        Case{"4.2.2", "A header folded by a tab", text_frame("ok"), "text ok", "", kOpen}.answered(
            kStatus + kHeaders + "X: a\r\n\tb\r\n\r\n"),
        refused("4.2.2", "A folded line behind the status", kStatus + " X: y\r\n" + kHeaders + "\r\n"),
        refused(
            "4.2.2", "A blank before a colon",
            kStatus + "Upgrade : websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"),
        refused("4.2.2", "A header without colon", kStatus + kHeaders + "nothing\r\n\r\n"),
        refused("4.2.2", "A header without name", kStatus + kHeaders + ": x\r\n\r\n"),
        refused("4.2.2", "A header's name with a blank in it", kStatus + kHeaders + "X Y: z\r\n\r\n"),
        refused("4.2.2", "A header's name with letters beyond ASCII",
                kStatus + kHeaders + "caf\xc3\xa9: x\r\n\r\n"),
        refused("4.2.2", "A NUL in a header's value",
                kStatus + kHeaders + std::string("X: a\0b\r\n\r\n", 11)),
        refused("4.2.2", "A NUL in a header's name", kStatus + kHeaders + std::string("X\0Y: a\r\n\r\n", 11)),
        refused("4.2.2", "A NUL in the status line",
                std::string("HTTP/1.1 101 Swi\0tching\r\n", 25) + kHeaders + "\r\n"),
        refused("4.2.2", "An escape sequence in the status line",
                "HTTP/1.1 101 \x1b[31mred\r\n" + kHeaders + "\r\n"),
        refused("4.2.2", "An endless series of NULs", std::string(20'000, '\0'), Errc::upgrade_too_large),
    };
}

Cases floods() {
    const auto too_large = Errc::upgrade_too_large;
    return {
        refused("10.7", "A hundred and one headers", kStatus + kHeaders + times(98, "X: y\r\n") + "\r\n",
                too_large),
        refused("10.7", "Four thousand headers", kStatus + kHeaders + times(4000, "X: y\r\n") + "\r\n",
                too_large),
        refused("10.7", "A header of 17 KiB", kStatus + kHeaders + "X: " + times(17 << 10, "x") + "\r\n\r\n",
                too_large),
        refused("10.7", "A header of 10 MiB", kStatus + kHeaders + "X: " + times(10 << 20, "x") + "\r\n\r\n",
                too_large),
        refused("10.7", "A header's name of 10 MiB", kStatus + times(10 << 20, "x") + ": y\r\n\r\n",
                too_large),
        refused("10.7", "A status line of 10 MiB", "HTTP/1.1 101 " + times(10 << 20, "x"), too_large),
        refused("10.7", "CRLF never comes, and the answer is refused all the same", times(16 << 10, "x"),
                too_large),
        Case{"10.7", "An answer of just less than 16 KiB",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + kHeaders + "X: " + times(16'100, "x") + "\r\n\r\n"),
        Case{"10.7", "A refusal with an endless body is reported at its beginning",
             "",
             "", "", failed(Errc::upgrade_refused)}
            .answered("HTTP/1.1 403 No\r\nContent-Length: 99999999\r\n\r\n" + times(100'000, "no "))
            .saying("HTTP 403: no no"),
        Case{"10.7", "A body's control characters are not shown",
             "",
             "", "", failed(Errc::upgrade_refused)}
            .answered("HTTP/1.1 403 No\r\nContent-Length: 11\r\n\r\n\x1b[31mred\r\nx")
            .saying("HTTP 403:  [31mred  x"),
        refused("10.7", "A Content-Length that is no number",
                "HTTP/1.1 403 No\r\nContent-Length: many\r\n\r\n", Errc::upgrade_refused),
        refused("10.7", "A Content-Length beyond all numbers",
                "HTTP/1.1 403 No\r\nContent-Length: 99999999999999999999999\r\n\r\n", Errc::upgrade_refused),
        refused("10.7", "A byte a second until the time of the attempt is over", kStatus + kHeaders + "\r\n",
                Errc::connect_timeout)
            .at_a_byte_every(std::chrono::seconds{1}),
        refused("10.7", "A refusal's body, a byte a second",
                "HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\n" + times(99, "x"), Errc::connect_timeout)
            .at_a_byte_every(std::chrono::seconds{1}),
        refused("10.7", "An endless series of interim answers", times(1000, "HTTP/1.1 100 Continue\r\n\r\n"),
                too_large),
    };
}

Cases splits_and_cuts() {
    return {
        Case{"10.7", "A second answer behind the first is read as frames, and refused",
             kStatus + kHeaders + "\r\n",
             "", "close 1002", failed(Errc::bad_frame)}
            .answered(kStatus + kHeaders + "\r\n"),
        Case{"10.7", "A header's value that ends the head hides nothing behind it",
             "Sec-WebSocket-Protocol: v1.feed\r\n\r\n" + text_frame("not seen"),
             "", "close 1002", failed(Errc::bad_frame)}
            .answered(kStatus + kHeaders + "X: y\r\n\r\n")
            .offering({"v1.feed"}),
        refused("10.7", "A 101 behind a refusal is its body",
                "HTTP/1.1 403 No\r\nContent-Length: 20\r\n\r\n" + kStatus + kHeaders + "\r\n",
                Errc::upgrade_refused),
        refused("10.7", "A 101 behind a refusal without length is not read",
                "HTTP/1.1 403 No\r\n\r\n" + kStatus + kHeaders + "\r\n", Errc::upgrade_refused),
        refused("4.1", "The stream ends before the answer", "").and_ends_the_stream(),
        refused("4.1", "The stream ends inside the status line", "HTTP/1.1 10").and_ends_the_stream(),
        refused("4.1", "The stream ends inside a header", kStatus + "Upgrade: webso").and_ends_the_stream(),
        refused("4.1", "The stream ends before the empty line", kStatus + kHeaders).and_ends_the_stream(),
        refused("4.1", "The stream ends inside the empty line", kStatus + kHeaders + "\r")
            .and_ends_the_stream(),
        refused("4.1", "The stream ends behind an interim answer", "HTTP/1.1 100 Continue\r\n\r\n")
            .and_ends_the_stream(),
        Case{"4.1", "The stream ends inside a refusal's body",
             "",
             "", "", failed(Errc::upgrade_refused)}
            .answered("HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\nonly this")
            .saying("HTTP 403: only this")
            .and_ends_the_stream(),
        Case{"4.1", "The stream ends behind the answer",
             "",
             "", "", failed(Errc::end_of_stream)}
            .answered(kStatus + kHeaders + "\r\n")
            .and_ends_the_stream(),
    };
}
// clang-format on

}  // namespace

Cases handshake_attacks() {
    Cases cases;
    for (auto* const part : {&not_http, &floods, &splits_and_cuts})
        for (Case& one : part()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
