#pragma once

#include <cstddef>
#include <iterator>
#include <optional>

namespace pinwheel {

/// The base of an input range whose elements come one by one. `Derived` befriends it and has `void next()`,
/// which waits for the next element and stores it in `current_`; nothing at the end. An element is valid
/// until the next increment. Threading: that of `Derived`. Copies have the position of their source.
template <class Derived, class T>
class InputRange {
  public:
    /// A C++20 input iterator.
    class Iterator {
      public:
        /// Required of iterators.
        using value_type = T;
        /// Required of iterators.
        using difference_type = std::ptrdiff_t;
        /// Required of iterators.
        using iterator_concept = std::input_iterator_tag;

        /// Made by begin().
        explicit Iterator(InputRange& range) noexcept : range_(&range) {}
        /// The element, valid until the next increment.
        [[nodiscard]] const T& operator*() const noexcept { return *range_->current_; }
        /// A member of the element.
        [[nodiscard]] const T* operator->() const noexcept { return &*range_->current_; }
        /// Waits for the next element. Throws like the source of the range.
        Iterator& operator++() {
            range_->advance();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// True at the end.
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !range_->current_; }

      private:
        InputRange* range_;
    };

    /// Waits for the first element.
    [[nodiscard]] Iterator begin() {
        advance();
        return Iterator(*this);
    }
    /// The sentinel.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  protected:
    InputRange() = default;

    /// The element that the iterator shows.
    std::optional<T> current_;

  private:
    void advance() { static_cast<Derived&>(*this).next(); }
};

}  // namespace pinwheel
