#include <array>

#include "case.h"

namespace pinwheel::conformance {
namespace {

struct Sample {
    const char* what;
    std::string bytes;
};

std::vector<Sample> valid() {
    return {{"a mix of lengths", "\u00e4\u20ac\U0001f600."},
            {"the first of two bytes, U+0080", "\xc2\x80"},
            {"the last of two bytes, U+07FF", "\xdf\xbf"},
            {"the first of three bytes, U+0800", "\xe0\xa0\x80"},
            {"the last before the surrogates, U+D7FF", "\xed\x9f\xbf"},
            {"the first behind the surrogates, U+E000", "\xee\x80\x80"},
            {"the replacement character, U+FFFD", "\xef\xbf\xbd"},
            {"a noncharacter, U+FFFE", "\xef\xbf\xbe"},
            {"the last of three bytes, U+FFFF", "\xef\xbf\xbf"},
            {"the first of four bytes, U+10000", "\xf0\x90\x80\x80"},
            {"the last of all, U+10FFFF", "\xf4\x8f\xbf\xbf"},
            {"a byte order mark", "\xef\xbb\xbfx"}};
}

std::vector<Sample> invalid() {
    return {{"a continuation byte alone, 80", "\x80"},
            {"a continuation byte alone, BF", "\xbf"},
            {"two bytes for one of one, C0 AF", "\xc0\xaf"},
            {"two bytes for one of one, C1 BF", "\xc1\xbf"},
            {"three bytes for one of two, E0 9F BF", "\xe0\x9f\xbf"},
            {"three bytes for NUL, E0 80 80", "\xe0\x80\x80"},
            {"four bytes for one of three, F0 8F BF BF", "\xf0\x8f\xbf\xbf"},
            {"the first surrogate, U+D800", "\xed\xa0\x80"},
            {"the last surrogate, U+DFFF", "\xed\xbf\xbf"},
            {"a pair of surrogates", "\xed\xa0\xbd\xed\xb8\x80"},
            {"above the last, U+110000", "\xf4\x90\x80\x80"},
            {"F5", "\xf5\x80\x80\x80"},
            {"five bytes, F8", "\xf8\x88\x80\x80\x80"},
            {"six bytes, FC", "\xfc\x84\x80\x80\x80\x80"},
            {"FE", "\xfe"},
            {"FF", "\xff"},
            {"a character broken off by another, C3 28", "\xc3\x28"},
            {"three bytes broken off behind two, E2 82 28", "\xe2\x82\x28"},
            {"four bytes broken off behind three, F0 9F 98 28", "\xf0\x9f\x98\x28"},
            {"two first bytes, C3 C3", "\xc3\xc3\xa4"}};
}

std::vector<Sample> unfinished() {
    return {{"one of two bytes", "\xc3"},       {"one of three bytes", "\xe2"},
            {"two of three bytes", "\xe2\x82"}, {"one of four bytes", "\xf0"},
            {"two of four bytes", "\xf0\x9f"},  {"three of four bytes", "\xf0\x9f\x98"}};
}

// clang-format off
Cases texts() {
    Cases cases;
    for (const auto& [what, bytes] : valid()) {
        cases.push_back(
            {"8.1", std::string("Valid: ") + what,
             text_frame(bytes),
             "text " + shown(bytes), "", kOpen});
        cases.push_back({"8.1", std::string("Valid over two fragments: ") + what,
                         text_frame("<" + bytes.substr(0, 1), false) + continuation(bytes.substr(1) + ">"),
                         "text " + shown("<" + bytes + ">"), "", kOpen});
    }
    for (const auto& [what, bytes] : invalid()) {
        cases.push_back({"8.1", std::string("Invalid: ") + what,
                         text_frame("before") + text_frame(bytes) + text_frame("behind"),
                         "text before", "close 1007", failed(Errc::bad_utf8)});
        cases.push_back({"8.1", std::string("Invalid, reported before the message is complete: ") + what,
                         raw_frame({.claimed = 100'000}, "valid so far \u20ac" + bytes),
                         "", "close 1007", failed(Errc::bad_utf8)});
    }
    for (const auto& [what, bytes] : unfinished()) {
        cases.push_back({"8.1", std::string("Unfinished at the end: ") + what,
                         text_frame("x" + bytes),
                         "", "close 1007", failed(Errc::bad_utf8)});
        cases.push_back({"8.1", std::string("Unfinished at the end of the last fragment: ") + what,
                         text_frame("x", false) + continuation(bytes),
                         "", "close 1007", failed(Errc::bad_utf8)});
        cases.push_back({"8.1", std::string("Unfinished at the end of a fragment is still possible: ") + what,
                         text_frame("x" + bytes, false) + ping_frame("?"),
                         "", "pong ?", kOpen});
    }
    return cases;
}

Cases long_texts() {
    const std::string euros = times(2000, "\u20ac");
    return {
        {"8.1", "A long text of three-byte characters",
         text_frame(times(20'000, "\u20ac")),
         "text " + shown(times(20'000, "\u20ac")), "", kOpen},
        {"8.1", "A four-byte character with a fragment for each byte",
         text_frame("\xf0", false) + continuation("\x9f", false) + continuation("\x98", false) + continuation("\x80"),
         "text \\xf0\\x9f\\x98\\x80", "", kOpen},
        {"8.1", "A ping between the bytes of a character",
         text_frame("\xe2\x82", false) + ping_frame("hi") + continuation("\xac"),
         "text \\xe2\\x82\\xac", "pong hi", kOpen},
        {"8.1", "Empty fragments between the bytes of a character",
         text_frame("\xe2", false) + times(3, continuation("", false)) + continuation("\x82\xac"),
         "text \\xe2\\x82\\xac", "", kOpen},
        {"8.1", "A fragment that interrupts a character is reported at once",
         text_frame("\xe2\x82", false) + continuation("x", false),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A second byte that no third byte can complete is reported at once",
         text_frame("ok \xe0\x80", false),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A surrogate is reported at its second byte",
         text_frame("ok \xed\xa0", false),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A value above the largest is reported at its second byte",
         text_frame("ok \xf4\x90", false),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A bad byte deep inside a long text is reported before its end",
         raw_frame({.claimed = 1'000'000}, euros + "\xff" + times(100, "x")),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A bad byte behind long fragments is reported before the last",
         text_frame(euros, false) + continuation(euros, false) + continuation("\xc0", false),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "A bad byte behind kilobytes of ASCII is reported before the end",
         raw_frame({.claimed = 1'000'000}, times(5000, "a") + "\x80"),
         "", "close 1007", failed(Errc::bad_utf8)},
        {"8.1", "What a binary holds is not looked at",
         raw_frame({.opcode = 2}, "\xff\xfe") + text_frame("ok"),
         "binary \\xff\\xfe; text ok", "", kOpen},
        {"8.1", "Each message is judged by itself",
         text_frame("\u20ac", false) + continuation("") + text_frame("\xac"),
         "text \\xe2\\x82\\xac", "close 1007", failed(Errc::bad_utf8)},
    };
}

Cases reasons() {
    Cases cases;
    for (const auto& [what, bytes] : invalid())
        cases.push_back({"8.1", std::string("Invalid in a close reason: ") + what,
                         close_frame(1000, "why " + bytes),
                         "", "close 1007", failed(Errc::bad_utf8)});
    for (const auto& [what, bytes] : unfinished())
        cases.push_back({"8.1", std::string("Unfinished in a close reason: ") + what,
                         close_frame(1000, "why " + bytes),
                         "", "close 1007", failed(Errc::bad_utf8)});
    for (const auto& [what, bytes] : valid())
        cases.push_back({"8.1", std::string("Valid in a close reason: ") + what,
                         close_frame(1000, bytes),
                         "", "close 1000", closed(1000, bytes)});
    return cases;
}
// clang-format on

}  // namespace

Cases utf8() {
    Cases cases;
    for (auto* const part : {&texts, &long_texts, &reasons})
        for (Case& one : part()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
