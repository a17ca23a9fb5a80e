#include "case.h"

namespace pinwheel::conformance {
namespace {

const std::string kStatus = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kAccept = "Sec-WebSocket-Accept: {accept}\r\n";

/// The accepting answer, with more header lines.
std::string accepting(const std::string& more) {
    return kStatus + kUpgrade + kConnection + kAccept + more + "\r\n";
}

// clang-format off
Cases accepted() {
    return {
        Case{"4.1", "The plain answer",
             text_frame("glued"),
             "text glued", "", kOpen}.answered(accepting("")),
        Case{"4.1", "A hundred frames and a ping glued to the answer",
             times(100, text_frame("x")) + ping_frame("hi"),
             "text x" + times(99, "; text x"), "pong hi", kOpen}
            .answered(accepting("")),
        Case{"4.1", "A close glued to the answer",
             close_frame(1013, "full"),
             "", "close 1013", closed(1013, "full")}
            .answered(accepting("")),
        Case{"4.1", "A broken frame glued to the answer",
             raw_frame({.rsv = 1}, "x"),
             "", "close 1002", failed(Errc::bad_frame)}
            .answered(accepting("")),
        Case{"4.1", "Half a frame glued to the answer, and the stream ends",
             text_frame("Hello").substr(0, 4),
             "", "", failed(Errc::end_of_stream)}
            .answered(accepting(""))
            .and_ends_the_stream(),
        Case{"4.1", "The answer alone, then a frame",
             "",
             "text later", "", kOpen}
            .answered(accepting(""))
            .then(nullptr, text_frame("later")),
        Case{"4.1", "WebSocket in any case",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + "Upgrade: WebSOCKET\r\n" + kConnection + kAccept + "\r\n"),
        Case{"4.1", "Names of headers in small letters",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"),
        Case{"4.1", "Names of headers in capitals",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + "UPGRADE: websocket\r\nCONNECTION: UPGRADE\r\nSEC-WEBSOCKET-ACCEPT: {accept}\r\n\r\n"),
        Case{"4.1", "Connection is a list with Upgrade in it",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(kStatus + kUpgrade + "Connection: keep-alive, Upgrade\r\n" + kAccept + "\r\n"),
        Case{"4.1", "Connection is given twice, once with Upgrade",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(kStatus + kUpgrade + "Connection: keep-alive\r\n" + kConnection + kAccept + "\r\n"),
        Case{"4.1", "No space behind the colons",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + "Upgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Accept:{accept}\r\n\r\n"),
        Case{"4.1", "Blanks and tabs around the values",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            kStatus + "Upgrade: \t websocket \t\r\n" + kConnection +
            "Sec-WebSocket-Accept:  {accept}  \r\n\r\n"),
        Case{"4.1", "Headers in another order, with others between",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(kStatus + kAccept + "Server: x\r\n" + kConnection + "Date: y\r\n" + kUpgrade + "\r\n"),
        Case{"4.1", "No words behind the status",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            "HTTP/1.1 101 \r\n" + kUpgrade + kConnection + kAccept + "\r\n"),
        Case{"4.1", "Other words behind the status",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            "HTTP/1.1 101 Web Socket Protocol Handshake\r\n" + kUpgrade + kConnection + kAccept + "\r\n"),
        Case{"4.1", "An empty header, and one with letters beyond ASCII",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting("X-Empty:\r\nX-Name: caf\xc3\xa9\r\n")),
        Case{"4.1", "A Content-Length in a 101 counts for nothing",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting("Content-Length: 4\r\n")),
        Case{"4.1", "An interim answer comes first",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + accepting("")),
        Case{"4.1", "The most headers",
             text_frame("ok"),
             "text ok", "", kOpen}.answered(
            accepting(times(97, "X: y\r\n"))),
        Case{"4.1", "A subprotocol that was offered",
             text_frame("ok"),
             "subprotocol v1.feed; text ok", "", kOpen}
            .answered(accepting("Sec-WebSocket-Protocol: v1.feed\r\n"))
            .offering({"v2.feed", "v1.feed"}),
        Case{"4.1", "No subprotocol although some were offered",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting(""))
            .offering({"v2.feed", "v1.feed"}),
        Case{"4.1", "An empty Sec-WebSocket-Extensions, which counts as absent",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting("Sec-WebSocket-Extensions:\r\n")),
        Case{"4.1", "An empty Sec-WebSocket-Protocol, which counts as absent",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting("Sec-WebSocket-Protocol:\r\n")),
        Case{"4.1", "An answer that takes all of its time but a little",
             text_frame("ok"),
             "text ok", "", kOpen}
            .answered(accepting(""))
            .at_a_byte_every(std::chrono::milliseconds{200}),
    };
}

/// A refusal of the upgrade that says 101.
Case broken(const std::string& name, const std::string& answer, Errc error) {
    return Case{"4.1", name,
                text_frame("not seen"),
                "", "", failed(error)}.answered(answer);
}

Cases not_an_upgrade() {
    const auto malformed = Errc::upgrade_malformed, accept = Errc::upgrade_bad_accept,
               protocol = Errc::upgrade_bad_protocol;
    return {
        broken("No Upgrade", kStatus + kConnection + kAccept + "\r\n", malformed),
        broken("No Connection", kStatus + kUpgrade + kAccept + "\r\n", malformed),
        broken("No Sec-WebSocket-Accept", kStatus + kUpgrade + kConnection + "\r\n", accept),
        broken("No header at all", kStatus + "\r\n", malformed),
        broken("Upgrade to something else", kStatus + "Upgrade: h2c\r\n" + kConnection + kAccept + "\r\n",
               malformed),
        broken("Upgrade to something that begins alike",
               kStatus + "Upgrade: websocket2\r\n" + kConnection + kAccept + "\r\n", malformed),
        broken("Upgrade to two things",
               kStatus + "Upgrade: websocket, h2c\r\n" + kConnection + kAccept + "\r\n", malformed),
        broken("Upgrade to nothing", kStatus + "Upgrade:\r\n" + kConnection + kAccept + "\r\n", malformed),
        broken("Upgrade twice", accepting(kUpgrade), malformed),
        broken("Upgrade twice, once to something else", accepting("Upgrade: h2c\r\n"), malformed),
        broken("Connection without Upgrade",
               kStatus + kUpgrade + "Connection: keep-alive\r\n" + kAccept + "\r\n", malformed),
        broken("Connection with a word that holds Upgrade",
               kStatus + kUpgrade + "Connection: Upgraded\r\n" + kAccept + "\r\n", malformed),
        broken("Sec-WebSocket-Accept twice, both right", accepting(kAccept), accept),
        broken("Sec-WebSocket-Accept twice, one wrong",
               accepting("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), accept),
        broken(
            "Sec-WebSocket-Accept for another key",
            kStatus + kUpgrade + kConnection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            accept),
        broken("An empty Sec-WebSocket-Accept",
               kStatus + kUpgrade + kConnection + "Sec-WebSocket-Accept:\r\n\r\n", accept),
        broken("Sec-WebSocket-Accept with one letter more",
               kStatus + kUpgrade + kConnection + "Sec-WebSocket-Accept: {accept}x\r\n\r\n", accept),
        broken("Sec-WebSocket-Accept in a list",
               kStatus + kUpgrade + kConnection + "Sec-WebSocket-Accept: {accept}, {accept}\r\n\r\n", accept),
        broken("An extension that was not offered",
               accepting("Sec-WebSocket-Extensions: permessage-deflate\r\n"), protocol),
        broken("A subprotocol although none was offered", accepting("Sec-WebSocket-Protocol: v1.feed\r\n"),
               protocol),
        broken("A subprotocol that was not offered", accepting("Sec-WebSocket-Protocol: v3.feed\r\n"),
               protocol)
            .offering({"v2.feed", "v1.feed"}),
        broken("A subprotocol in other letters", accepting("Sec-WebSocket-Protocol: V1.feed\r\n"), protocol)
            .offering({"v1.feed"}),
        broken("Two subprotocols in a list", accepting("Sec-WebSocket-Protocol: v2.feed, v1.feed\r\n"),
               protocol)
            .offering({"v2.feed", "v1.feed"}),
        broken("Two subprotocols in two headers",
               accepting("Sec-WebSocket-Protocol: v2.feed\r\nSec-WebSocket-Protocol: v1.feed\r\n"), protocol)
            .offering({"v2.feed", "v1.feed"}),
    };
}

Case refused(const std::string& name, const std::string& answer, Errc error, const std::string& says) {
    return Case{"4.1", name,
                "",
                "", "", failed(error)}.answered(answer).saying(says);
}

Cases refusals() {
    const auto gone = Errc::upgrade_refused, later = Errc::upgrade_unavailable;
    return {
        refused("200 in place of 101", "HTTP/1.1 200 OK\r\n" + kUpgrade + kConnection + kAccept + "\r\n",
                gone, "HTTP 200"),
        refused("400", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", gone, "HTTP 400"),
        refused("401 is reported and no credentials are sent",
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", gone, "HTTP 401"),
        refused("404 with a text", "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing", gone,
                "HTTP 404: nothing"),
        refused("426 with another version",
                "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\n\r\n", gone, "HTTP 426"),
        refused("503", "HTTP/1.1 503 Unavailable\r\nRetry-After: 5\r\n\r\n", later, "HTTP 503"),
        refused("429", "HTTP/1.1 429 Too Many\r\n\r\n", later, "HTTP 429"),
        refused("600", "HTTP/1.1 600 What\r\n\r\n", later, "HTTP 600"),
        refused("A redirect names its place",
                "HTTP/1.1 301 Moved\r\nLocation: wss://other.example/stream\r\n\r\n", gone,
                "a redirect to 'wss://other.example/stream'"),
        refused("A redirect's query is cut",
                "HTTP/1.1 302 Found\r\nLocation: wss://other.example/s?key=planted-token\r\n\r\n", gone,
                "a redirect to 'wss://other.example/s'"),
        refused("A redirect's fragment is cut",
                "HTTP/1.1 307 Elsewhere\r\nLocation: /s#planted-token\r\n\r\n", gone, "a redirect to '/s'"),
        refused("A redirect's user and password are cut",
                "HTTP/1.1 308 Elsewhere\r\nLocation: wss://me:planted-token@other.example/s\r\n\r\n", gone,
                "a redirect to 'wss://other.example/s'"),
        refused("A redirect to an endless place is cut",
                "HTTP/1.1 301 Moved\r\nLocation: /" + times(4000, "x/") + "\r\n\r\n", gone,
                "a redirect to '/" + times(75, "x/") + "x ... (7849 bytes more)'"),
        refused("A redirect to nowhere", "HTTP/1.1 301 Moved\r\n\r\n", gone, "HTTP 301"),
        refused("A redirect to two places", "HTTP/1.1 301 Moved\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
                gone, "HTTP 301"),
        refused("A text that repeats the request's query",
                "HTTP/1.1 404 Not Found\r\nContent-Length: 37\r\n\r\nno /stream?key=planted-token, no such",
                gone, "HTTP 404: no /stream"),
    };
}
// clang-format on

}  // namespace

Cases handshake_answers() {
    Cases cases;
    for (auto* const part : {&accepted, &not_an_upgrade, &refusals})
        for (Case& one : part()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
