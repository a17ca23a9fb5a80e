#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "stamp.h"

namespace pinwheel {

class JsonItems;

/// A value inside a JSON text, read in place. It stays valid as long as the text. Threading: any. Allocates:
/// nothing.
class JsonItem {
  public:
    JsonItem() noexcept = default;
    /// `raw` is the value as written, without space around it.
    explicit JsonItem(std::string_view raw, std::string_view key = {}) noexcept : key_(key), raw_(raw) {}

    /// The key of a member, as written between its quotes. Empty for an element of an array.
    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    /// The value as written.
    [[nodiscard]] std::string_view raw() const noexcept { return raw_; }
    /// A string, as written between its quotes. Nothing if it has escapes.
    [[nodiscard]] std::optional<std::string_view> string() const noexcept;
    /// `true` or `false`.
    [[nodiscard]] std::optional<bool> boolean() const noexcept;
    /// A whole number in range.
    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    /// A number, or a string that holds one.
    [[nodiscard]] std::optional<double> decimal() const noexcept;
    /// The same as a whole number of 10^-`digits`, exactly: `63978.5` with 2 digits is 6397850. Nothing if
    /// the value has more digits than that behind the point.
    [[nodiscard]] std::optional<std::int64_t> scaled(unsigned digits) const noexcept;
    /// A time as a number or a string, in ns since 1970: see parse_stamp().
    [[nodiscard]] std::optional<std::int64_t> stamp(TimeUnit unit) const noexcept;
    /// The elements of an array or the members of an object; empty for other values.
    [[nodiscard]] JsonItems items() const noexcept;

  private:
    [[nodiscard]] std::string_view number_text() const noexcept;

    std::string_view key_{};
    std::string_view raw_{};
};

/// The elements of an array, or the members of an object, in order:
///
///     for (const JsonItem level : message.json().items("/bids")) use(level.items());
///
/// A malformed text ends the range early. size() is then nothing. Threading: any. Allocates: nothing.
class JsonItems {
  public:
    /// A place in the range.
    class Iterator {
      public:
        using value_type = JsonItem;                        ///< by value
        using difference_type = std::ptrdiff_t;             ///< not used
        using iterator_category = std::input_iterator_tag;  ///< one pass

        /// The value here.
        [[nodiscard]] const JsonItem& operator*() const noexcept { return item_; }
        /// Its members.
        [[nodiscard]] const JsonItem* operator->() const noexcept { return &item_; }
        /// The next one.
        Iterator& operator++() noexcept {
            next();
            return *this;
        }
        /// The same.
        void operator++(int) noexcept { next(); }
        /// True at the end, and where the text is malformed.
        friend bool operator==(const Iterator& at, std::default_sentinel_t) noexcept { return at.is_over_; }

      private:
        friend class JsonItems;

        explicit Iterator(std::string_view rest, char close) noexcept : rest_(rest), close_(close) { read(); }
        void next() noexcept;
        void read() noexcept;
        void end(bool is_broken) noexcept;

        std::string_view rest_;  // behind the item
        char close_;             // 0: there is no container
        bool is_over_ = false;
        bool is_broken_ = false;
        JsonItem item_;
    };

    JsonItems() noexcept = default;
    /// Of an array or object as written, without space around it. Empty for anything else.
    explicit JsonItems(std::string_view raw) noexcept;

    /// The first one.
    [[nodiscard]] Iterator begin() const noexcept { return Iterator(inside_, close_); }
    /// Behind the last one.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// How many there are, by going through all. Nothing if the text is no container or malformed.
    [[nodiscard]] std::optional<std::size_t> size() const noexcept;

  private:
    std::string_view inside_{};  // behind the opening bracket, with the closing one
    char close_ = 0;
};

}  // namespace pinwheel
