// M7: a terminal never receives a control character from a peer or a file, in any locale and for any TERM.
#include <filesystem>
#include <regex>
#include <string>
#include <tuple>
#include <vector>

#include "../support/frames.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

// A title, a clear, U+009B, a change of direction, a bell, a soft hyphen, a tag; and characters that a name
// may contain.
const std::string kHostile =
    "\x1b]0;owned\x07\x1b[2J\xc2\x9b"
    "31m\xe2\x80\xae\xc2\xad\xf3\xa0\x81\x81 h\xc3\xa9 \r\b\x7f";
const std::string kHostileBytes =
    "\x9b"
    "31m\x1b[2J\xff\xc3 \x90\x07";

/// Runs a command on a terminal with this environment. Returns all that the terminal received.
std::string on_terminal(const std::string& environment, const std::string& words) {
    const std::string line = "exec env -u TERM -u NO_COLOR -u LANG -u LC_CTYPE " + environment +
                             " '" PINWHEEL_COMMAND "' " + words;
    return Subprocess({"script", "-q", "-c", line, "/dev/null"}, Subprocess::Errors::kept).finish().output;
}

/// The sequences that the live view and the status line need.
std::string without_own_sequences(const std::string& text) {
    static const std::regex own("\x1b(\\[\\?(1049|25|7)[hl]|\\[2?[JK]|\\[H)");
    return std::regex_replace(text, own, "");
}

void expect_harmless(const std::string& output, bool utf8, const std::string& where) {
    const std::string text = without_own_sequences(output);
    ASSERT_FALSE(text.empty()) << where;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool is_control = byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t';
        ASSERT_FALSE(is_control || byte == 0x7f) << where << ": byte " << +byte << " in: " << text;
        ASSERT_TRUE(utf8 || byte < 0x80) << where << ": byte " << +byte << " in: " << text;
    }
    // Only the bars of the live view and the letter are not ASCII.
    for (const std::string bad : {"\xc2\x9b", "\xc2\xad", "\xe2\x80\xae", "\xf3\xa0"})
        ASSERT_EQ(text.find(bad), std::string::npos) << where;
}

struct Setting {
    std::string environment;
    bool utf8;
};
/// Each locale and kind of terminal once. All pairs would take half a minute.
std::vector<Setting> settings() {
    return {{"LC_ALL=C.UTF-8 TERM=xterm", true},
            {"LC_ALL=C TERM=xterm NO_COLOR=1", false},
            {"LC_ALL=POSIX TERM=dumb", false},
            {"LC_ALL=de_DE.ISO-8859-1 TERM=xterm", false},
            {"LC_ALL= LC_CTYPE=C.UTF-8 TERM=", true}};
}

TEST(OnATerminal, M7MessagesArePrintedHarmlessly) {
    const std::string messages = text_frame(kHostile) + binary_frame(kHostileBytes) +
                                 text_frame("{\"a\":\"" + std::string("\xc2\x9b") + "1m\"}");
    const RawServer server(upgraded_and(messages + close_frame(1000)));
    const std::string url = "ws://" + server.authority() + "/";
    const TempDir folder;
    const std::string recording = folder.path("r.zst");
    std::ignore = run({"tail", "--record", recording, url});
    for (const auto& [environment, utf8] : settings()) {
        const std::string plain = on_terminal(environment, "tail --messages " + url);
        expect_harmless(plain, utf8, environment);
        EXPECT_NE(plain.find("\\x1b]0;owned\\x07\\x1b[2J\\u{009b}31m"), std::string::npos) << plain;
        EXPECT_NE(plain.find("\\x9b31m\\x1b[2J\\xff\\xc3"), std::string::npos) << plain;
        EXPECT_NE(plain.find(utf8 ? " h\xc3\xa9 " : " h\\u{00e9} "), std::string::npos) << plain;
        expect_harmless(on_terminal(environment, "tail --messages --pretty " + url), utf8, environment);
        if (!std::filesystem::exists(recording)) continue;  // built without recordings
        const std::string replayed = on_terminal(environment, "replay --print '" + recording + "'");
        expect_harmless(replayed, utf8, environment);
        EXPECT_NE(replayed.find("{\"a\":\"\\u{009b}1m\"}"), std::string::npos) << replayed;
    }
}

TEST(OnATerminal, M7TheLiveViewAndItsNoticesAreHarmless) {
    const RawServer server(
        upgraded_and(text_frame(kHostile) + binary_frame(kHostileBytes) + text_frame(kHostile)),
        RawServer::Then::hold);
    const RawServer closing(upgraded_and(text_frame(kHostile) + close_frame(4000, kHostile)));
    for (const auto& [environment, utf8] : settings()) {
        const auto run_live = [&environment = environment](const RawServer& at, const std::string& more) {
            const std::string line =
                "stty columns 90 rows 24; exec env -u TERM -u NO_COLOR -u LANG -u LC_CTYPE " + environment +
                " '" PINWHEEL_COMMAND "' tail --retries 0 --seconds 0.6 " + more + " ws://" + at.authority() +
                "/";
            return Subprocess({"script", "-q", "-c", line, "/dev/null"}, Subprocess::Errors::kept)
                .finish()
                .output;
        };
        const std::string shown = run_live(server, "");
        expect_harmless(shown, utf8, environment);
        const bool draws = environment.find("TERM=xterm") != std::string::npos;
        EXPECT_EQ(shown.find("\x1b[?1049h") != std::string::npos, draws) << environment << shown;
        EXPECT_EQ(shown.find('\x1b') != std::string::npos, draws) << environment << shown;
        EXPECT_EQ(shown.find("\x1b[3"), std::string::npos) << "a colour";
        expect_harmless(run_live(closing, "-v"), utf8, environment);
    }
}

TEST(OnATerminal, M7RefusalsAndFilesAreHarmless) {
    const RawServer refusing([](const std::string&) {
        return "HTTP/1.1 403 No" + kHostile.substr(0, 10) + "\r\nX-A: b\r\n\r\n" + kHostile + kHostileBytes;
    });
    const RawServer redirecting([](const std::string&) {
        return "HTTP/1.1 302 Found\r\nLocation: https://h/" + kHostile.substr(0, 9) + kHostileBytes +
               "\r\n\r\n";
    });
    const RawServer unnamed([](const std::string&) {
        return "HTTP/1.1 101 Switching Protocols\r\n" + kHostile.substr(0, 8) + ": b\r\n\r\n";
    });
    const TempDir folder;
    const std::string config =
        folder.write("config.json", R"({"subscriptions":["\u001b[2J\u009b1m\u202e\u0007h)"
                                    "\xc3\xa9"
                                    R"("]})");
    const std::string broken = folder.write("broken.json", R"({"\u001b[2J\u009b1m":1})");
    const std::string capture = folder.write("c.tsv", "1\t<\tgood\n" + kHostile + "\n");
    for (const auto& [environment, utf8] : settings()) {
        for (const RawServer* const server : {&refusing, &redirecting, &unnamed})
            for (const std::string command : {"tail", "rtt"})
                expect_harmless(
                    on_terminal(environment, command + " --timeout 5 ws://" + server->authority() + "/"),
                    utf8, environment + " " + command);
        for (const std::string& words :
             {"config check '" + config + "'", "config check '" + broken + "'",
              "tail --config '" + broken + "'", "feed --capture '" + capture + "'",
              "tail ws://127.0.0.1:1/ --filter '" + std::string("\x1b[2J\xc2\x9b") + "'",
              "tail '" + std::string("\x1b[2J\xc2\x9b") + "'", std::string("'\x1b[2J\xc2\x9b'"),
              "tail ws://127.0.0.1:1/ --cpu '" + std::string("\x1b[2J\xc2\x9b") + "'"})
            expect_harmless(on_terminal(environment, words), utf8, environment + " " + words.substr(0, 12));
    }
}

/// A status line sends no sequences to a terminal that does not understand them.
TEST(OnATerminal, M7StatusLinesAreLeftOutWhereTheTerminalCannotShowThem) {
    const FeedCommand feed;
    for (const std::string term : {"TERM=dumb", "TERM="}) {
        const std::string environment = "LC_ALL=C " + term;
        EXPECT_EQ(on_terminal(environment, "demo --plain --seconds 0.6 >/dev/null").find('\x1b'),
                  std::string::npos);
        EXPECT_EQ(on_terminal(environment, "tail --subscribe '*' --seconds 0.6 " + feed.url() + " >/dev/null")
                      .find('\x1b'),
                  std::string::npos);
    }
    EXPECT_NE(on_terminal("TERM=xterm", "demo --plain --seconds 0.6 >/dev/null").find('\x1b'),
              std::string::npos);
}

}  // namespace
}  // namespace pinwheel::test
