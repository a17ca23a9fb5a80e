#include "screen_text.h"

#include <langinfo.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace pinwheel::tool {
namespace {

std::atomic<bool> g_ascii_only{false};

struct Range {
    char32_t first;
    char32_t last;
};

/// True if it takes two columns on a terminal (Unicode's East Asian width, and the blocks that are completely
/// wide).
constexpr std::array<Range, 10> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
/// True if it takes no column, joins neighbours, or changes the direction of writing.
constexpr std::array<Range, 17> kUnseen{{{0x0000, 0x001F},
                                         {0x007F, 0x009F},
                                         {0x00AD, 0x00AD},
                                         {0x0300, 0x036F},
                                         {0x0483, 0x0489},
                                         {0x061C, 0x061C},
                                         {0x180B, 0x180F},
                                         {0x1AB0, 0x1AFF},
                                         {0x1DC0, 0x1DFF},
                                         {0x200B, 0x200F},
                                         {0x2028, 0x202E},
                                         {0x2060, 0x206F},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE2F},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFF9, 0xFFFB},
                                         {0xE0000, 0xE0FFF}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t character) {
    for (const auto& range : ranges)
        if (range.first <= character && character <= range.last) return true;
    return false;
}

struct Character {
    char32_t value = 0;  // 0 if it is not UTF-8
    std::size_t bytes = 1;
    std::size_t columns = 1;
    bool shown = false;  // false: a dot replaces it
};

/// The first character of a non-empty text.
Character first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1, 1, lead >= 0x20 && lead != 0x7F};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || bytes > text.size()) return {};
    char32_t character = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        character = character << 6 | (byte(i) & 0x3FU);
    }
    const bool overlong = character < (bytes == 4 ? 0x10000U : bytes == 3 ? 0x800U : 0x80U);
    if (overlong || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return {};
    if (g_ascii_only || is_in(kUnseen, character)) return {character, bytes, 1, false};
    return {character, bytes, is_in(kWide, character) ? std::size_t{2} : std::size_t{1}, true};
}

}  // namespace

std::string fit(std::string_view text, std::size_t columns) {
    static constexpr std::string_view kCut = "..";
    std::string out;
    std::size_t used = 0;
    std::size_t bytes_at_cut = 0;  // the bytes that leave room for the mark of the cut
    while (!text.empty()) {
        const Character next = first_of(text);
        if (used + next.columns > columns) {
            if (columns < kCut.size()) return out;
            return out.substr(0, bytes_at_cut) + std::string(kCut);
        }
        out += next.shown ? text.substr(0, next.bytes) : std::string_view(".");
        used += next.columns;
        if (used + kCut.size() <= columns) bytes_at_cut = out.size();
        text.remove_prefix(next.bytes);
    }
    return out;
}

std::string printable(std::string_view text, std::string_view kept) {
    std::string out;
    while (!text.empty()) {
        const Character next = first_of(text);
        std::array<char, 16> escaped{};
        if (next.shown || kept.find(text.front()) != std::string_view::npos) {
            out += text.substr(0, next.bytes);
        } else {
            const bool is_byte = next.bytes == 1;
            std::snprintf(escaped.data(), escaped.size(), is_byte ? "\\x%02x" : "\\u{%04x}",
                          is_byte ? static_cast<unsigned>(static_cast<unsigned char>(text.front()))
                                  : static_cast<unsigned>(next.value));
            out += escaped.data();
        }
        text.remove_prefix(next.bytes);
    }
    return out;
}

void adopt_locale() {
    g_ascii_only = std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0;
}

std::size_t width_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        columns += next.columns;
        text.remove_prefix(next.bytes);
    }
    return columns;
}

}  // namespace pinwheel::tool
