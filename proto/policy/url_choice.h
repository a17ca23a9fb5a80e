#pragma once

#include <cstddef>

namespace pinwheel {

/// Chooses one of several URLs for each attempt: the same while it works, the next one after an attempt that
/// failed. Threading: one thread. Invariant: current() is below `count`.
class UrlChoice {
  public:
    /// `count` URLs, at least one.
    explicit UrlChoice(std::size_t count) noexcept : count_(count) {}

    /// The URL of the next attempt.
    [[nodiscard]] std::size_t current() const noexcept { return current_; }
    /// A connect() of the user: begins with the first one.
    void restart() noexcept { current_ = 0; }
    /// An attempt failed before the connection was up.
    void attempt_failed() noexcept { current_ = (current_ + 1) % count_; }

  private:
    const std::size_t count_;
    std::size_t current_ = 0;
};

}  // namespace pinwheel
