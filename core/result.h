#pragma once

#include <utility>
#include <variant>

#include "error.h"

namespace pinwheel {

/// A value or an error.
template <class T>
class Result {
  public:
    /// The value.
    Result(T value) : content_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
    /// The error, whose code is not ok.
    Result(Error error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    /// True if there is a value.
    [[nodiscard]] explicit operator bool() const noexcept { return std::holds_alternative<T>(content_); }
    /// The value. Requires a value.
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<T>(&content_); }
    /// The value, mutable.
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<T>(&content_); }
    /// The value, to be moved from.
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<T>(&content_)); }
    /// A member of the value. Requires a value.
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<T>(&content_); }
    /// The error. Requires an error.
    [[nodiscard]] const Error& error() const noexcept { return *std::get_if<Error>(&content_); }

  private:
    std::variant<T, Error> content_;
};

}  // namespace pinwheel
