#include "venue_book.h"

#include <array>
#include <cstdio>

#include "venue_shapes.h"

namespace pinwheel {
namespace {

constexpr std::int64_t kMiddle = 6'400'000;  // cents

std::string text_of(std::int64_t cents, std::uint64_t size, std::string_view level) {
    return fill_shape(level, {{"price", price_text(cents)}, {"size", "0." + std::to_string(size)}});
}

}  // namespace

std::uint64_t mixed(std::uint64_t seed, std::int64_t tick) noexcept {
    std::uint64_t value = seed + static_cast<std::uint64_t>(tick) * 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

std::string price_text(std::int64_t cents) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%02d", static_cast<long long>(cents / 100),
                  static_cast<int>(cents % 100));
    return text.data();
}

VenueBook::Level VenueBook::level_of(std::int64_t tick) const noexcept {
    const std::int64_t place = ((tick % (2 * kLevels)) + 2 * kLevels) % (2 * kLevels);
    const bool is_bid = place < kLevels;
    const std::int64_t away = 1 + place % kLevels;
    return {is_bid, kMiddle + (is_bid ? -away : away), mixed(seed_, tick) % 10};
}

std::string VenueBook::change(std::int64_t tick, bool bids, std::string_view level) const {
    const Level changed = level_of(tick);
    return changed.is_bid == bids ? text_of(changed.cents, changed.size, level) : std::string();
}

std::string VenueBook::side(std::int64_t tick, bool bids, std::string_view level) const {
    std::array<std::uint64_t, kLevels> sizes{};
    for (std::int64_t last = tick - 2 * kLevels + 1; last <= tick; ++last) {
        const Level at = level_of(last);
        if (at.is_bid == bids)
            sizes[static_cast<std::size_t>((bids ? kMiddle - at.cents : at.cents - kMiddle) - 1)] = at.size;
    }
    std::string out;
    for (std::int64_t away = 1; away <= kLevels; ++away) {
        const std::uint64_t size = sizes[static_cast<std::size_t>(away - 1)];
        if (size == 0) continue;
        out += out.empty() ? "" : ",";
        out += text_of(kMiddle + (bids ? -away : away), size, level);
    }
    return out;
}

}  // namespace pinwheel
