#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../../../core/random.h"
#include "../../../proto/feed/arbiter.h"
#include "../../support/require.h"

namespace pinwheel::test {

/// The numbering of a simulated venue's units, and their split into messages.
enum class Numbering : std::uint8_t {
    contiguous,
    ranges,  ///< several numbers in a message
    trades,  ///< contiguous, and independent
    resets,  ///< contiguous with snapshots, and a reset number
    chain,   ///< some messages repeat their predecessor's number
    books,   ///< chain, a snapshot at each join, resets
    increasing,
    repeats,     ///< increasing, several messages of one number
    ids,         ///< increasing, and independent
    contents,    ///< none; contents are compared
    cut_ranges,  ///< ranges, split differently on each leg
    cut_books,   ///< books, split differently on each leg
};
inline constexpr std::size_t kNumberings = 12;

[[nodiscard]] inline bool is_any_of(Numbering value, std::initializer_list<Numbering> those) {
    return std::find(those.begin(), those.end(), value) != those.end();
}
[[nodiscard]] inline bool has_snapshots(Numbering value) {
    return is_any_of(value, {Numbering::resets, Numbering::books, Numbering::cut_books});
}
[[nodiscard]] inline bool is_misaligned(Numbering value) {
    return is_any_of(value, {Numbering::cut_ranges, Numbering::cut_books});
}
[[nodiscard]] inline bool is_chain(Numbering value) {
    return is_any_of(value, {Numbering::chain, Numbering::books, Numbering::cut_books});
}
[[nodiscard]] inline bool is_increasing(Numbering value) {
    return is_any_of(value, {Numbering::increasing, Numbering::repeats, Numbering::ids});
}

/// One fault, by index of the venue's units.
struct Mishap {
    enum class Kind : std::uint8_t { cut, lose, twice, reset, stall } kind = Kind::cut;
    std::size_t leg = 0;
    std::size_t at = 0;    ///< the first affected unit
    std::size_t size = 0;  ///< cut: units until the leg joins again; stall: ms
};

/// A venue's stream on several legs, in a form that can be reduced.
struct Schedule {
    Numbering numbering = Numbering::contiguous;
    std::uint64_t seed = 0;  ///< of times, numbers and splits
    std::size_t legs = 2;
    std::size_t units = 0;
    bool is_tight = false;  ///< delays beyond the hold time, and hardly any room to hold
    std::vector<Mishap> mishaps{};

    [[nodiscard]] static Schedule draw(std::uint64_t seed);
    /// Throws Broken with the violated property.
    void run(std::ostream* trace = nullptr) const;
    [[nodiscard]] std::optional<std::string> failure(std::ostream* trace = nullptr) const;
    /// The shortest schedule that still fails.
    [[nodiscard]] Schedule shrink() const;
    [[nodiscard]] std::string text() const;
};

}  // namespace pinwheel::test
