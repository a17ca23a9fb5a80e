#include "rate_signal.h"

#include <algorithm>
#include <array>

namespace pinwheel {

bool is_rate_status(int http_status) noexcept {
    return http_status == 429 || http_status == 418;
}

bool is_rate_close(std::uint16_t close_code, std::string_view reason) noexcept {
    constexpr std::uint16_t kPolicyViolation = 1008;
    constexpr std::array<std::string_view, 5> kWords{"too many", "rate", "limit", "frequent", "flood"};
    if (close_code != kPolicyViolation) return false;
    const auto lower = [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
    };
    return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
        return std::search(reason.begin(), reason.end(), word.begin(), word.end(),
                           [&](char a, char b) { return lower(a) == b; }) != reason.end();
    });
}

}  // namespace pinwheel
