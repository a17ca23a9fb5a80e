#pragma once

#include <utility>
#include <variant>

#include "error.h"

namespace pinwheel {

/// A value, or the error that stands in its place.
template <class T>
class Result {
  public:
    Result(T value) : content_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
    Result(Error error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] explicit operator bool() const noexcept { return std::holds_alternative<T>(content_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<T>(&content_); }
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<T>(&content_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<T>(&content_)); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<T>(&content_); }
    [[nodiscard]] const Error& error() const noexcept { return *std::get_if<Error>(&content_); }

  private:
    std::variant<T, Error> content_;
};

}  // namespace pinwheel
