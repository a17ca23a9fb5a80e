#include <array>
#include <cstdint>

#include "base64_impl.h"

namespace pinwheel::detail {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 64;

constexpr auto kDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t i = 0; i < kLetters.size(); ++i)
        digits[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
    return digits;
}();

std::uint32_t octet(std::span<const std::byte> bytes, std::size_t at) noexcept {
    return at < bytes.size() ? std::to_integer<std::uint32_t>(bytes[at]) : 0;
}

}  // namespace

void append_base64(std::string& out, std::span<const std::byte> bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::uint32_t group = octet(bytes, at) << 16 | octet(bytes, at + 1) << 8 | octet(bytes, at + 2);
        out += kLetters[group >> 18];
        out += kLetters[group >> 12 & 63];
        out += at + 1 < bytes.size() ? kLetters[group >> 6 & 63] : '=';
        out += at + 2 < bytes.size() ? kLetters[group & 63] : '=';
    }
}

bool append_from_base64(std::string& out, std::string_view text) {
    if (text.size() % 4 != 0) return false;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const std::size_t padded = at + 4 == text.size() ? padding : 0;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint8_t digit =
                i < 4 - padded ? kDigits[static_cast<unsigned char>(text[at + i])] : std::uint8_t{0};
            if (digit == kNoDigit) return false;
            group = group << 6 | digit;
        }
        for (std::size_t i = 0; i < 3 - padded; ++i) out += static_cast<char>(group >> (16 - 8 * i) & 0xff);
    }
    return true;
}

}  // namespace pinwheel::detail
