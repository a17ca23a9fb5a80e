#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pinwheel {

/// The simulated order book of a seed. Each tick sets one level, all in turn, so that the book after a tick
/// follows from the tick alone. Threading: any.
class VenueBook {
  public:
    static constexpr std::int64_t kLevels = 20;  // a side

    explicit VenueBook(std::uint64_t seed) noexcept : seed_(seed) {}

    /// What the tick changed on a side, or the whole side after it, best price first: elements of a JSON
    /// array. `level` is one level, with `{price}` and `{size}`; a change of size 0 removes the level.
    [[nodiscard]] std::string change(std::int64_t tick, bool bids, std::string_view level) const;
    [[nodiscard]] std::string side(std::int64_t tick, bool bids, std::string_view level) const;

  private:
    struct Level {
        bool is_bid = false;
        std::int64_t cents = 0;
        std::uint64_t size = 0;  // tenths
    };
    [[nodiscard]] Level level_of(std::int64_t tick) const noexcept;

    std::uint64_t seed_;
};

/// A number without order in 64 bits, the same for the same tick.
[[nodiscard]] std::uint64_t mixed(std::uint64_t seed, std::int64_t tick) noexcept;
/// `64000.01`
[[nodiscard]] std::string price_text(std::int64_t cents);

}  // namespace pinwheel
