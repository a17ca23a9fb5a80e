#include "json_writer.h"

#include <array>

namespace pinwheel {
namespace {

/// The letter of a two-character escape, or 0.
char short_escape(char byte) noexcept {
    switch (byte) {
        case '"':
        case '\\':
            return byte;
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        default:
            return 0;
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (const char byte : text) {
        if (const char letter = short_escape(byte)) {
            out += {'\\', letter};
        } else if (const auto value = static_cast<unsigned char>(byte); value < 0x20) {
            out += "\\u00";
            out += {kHex[value >> 4], kHex[value & 0xf]};
        } else {
            out += byte;
        }
    }
    out += '"';
}

}  // namespace pinwheel
