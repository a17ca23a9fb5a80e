#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "field_value.h"

namespace pinwheel {

/// A set of fields, one bit each.
using FieldMask = std::uint64_t;

/// The values of one message, by field.
class FieldValues {
  public:
    static constexpr std::size_t kMax = 64;

    /// Absent unless it was found.
    [[nodiscard]] const FieldValue& operator[](std::size_t field) const noexcept {
        return has(field) ? values_[field] : kAbsent;
    }
    [[nodiscard]] bool has(std::size_t field) const noexcept { return (found_ >> field & 1) != 0; }
    /// The fields that exist.
    [[nodiscard]] FieldMask found() const noexcept { return found_; }

    void clear() noexcept { found_ = 0; }

  private:
    friend class FieldScan;
    friend class ScanPath;
    static constexpr FieldValue kAbsent{};

    void set(std::size_t field, const FieldValue& value) noexcept {
        values_[field] = value;
        found_ |= FieldMask{1} << field;
    }

    std::array<FieldValue, kMax> values_{};
    FieldMask found_ = 0;
};

/// The way of one scan through a text: the bytes between the values, and the fields of the values. A venue
/// writes the messages of a channel with the same keys in the same order, so the next text is read along the
/// path, without comparing keys. The scanner reads texts of another shape.
/// Threading: one thread. Invariant: bounded; a longer way gives no path. Allocates: nothing.
class ScanPath {
  public:
    enum class Way : std::uint8_t {
        text,     ///< a string, whose first quote is the last of the bytes before it
        any,      ///< another value, skipped completely
        scalar,   ///< the same, but not a container: fields below it are wanted
        entered,  ///< a container: the path continues inside it
    };

    /// A new path.
    void begin() noexcept;
    /// Appends a value behind the bytes `between`; `field` < 0: it is not read.
    void add(std::string_view between, std::int16_t field, Way way) noexcept;
    /// No text may be read along it.
    void give_up() noexcept { is_lost_ = true; }
    /// The path ends behind its last value; the rest of a text is not read.
    void finish() noexcept { is_whole_ = !is_lost_; }
    /// The path ends with the text, whose last bytes are `rest`.
    void finish_text(std::string_view rest) noexcept;

    /// Reads a text from `at` on; 64 readable bytes follow it. Returns the place where the path ends, or
    /// nullptr if the text has another shape: then some values may be set.
    [[nodiscard]] const char* follow(const char* at, const char* end, FieldValues& values) const noexcept;

  private:
    static constexpr std::size_t kMaxSteps = 48;
    static constexpr std::size_t kMaxBytes = 768;
    struct Step {
        std::uint16_t size = 0;  // of the bytes before the value
        std::int16_t field = -1;
        Way way = Way::any;
    };

    [[nodiscard]] bool append(std::string_view bytes) noexcept;

    std::array<Step, kMaxSteps> steps_{};
    std::array<char, kMaxBytes + 16> bytes_{};  // between the values; 16 more are readable
    std::size_t size_ = 0, bytes_size_ = 0;
    std::uint16_t rest_ = 0;  // bytes behind the last value
    bool ends_text_ = false;
    bool is_lost_ = false;
    bool is_whole_ = false;
};

/// Records the way of a scan.
struct ScanTrace {
    ScanPath* path = nullptr;  ///< null: not recorded
};

}  // namespace pinwheel
