#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "clock.h"
#include "function_ref.h"

namespace pinwheel {

class TimerWheel;

/// A deadline with a callback, embedded in its owner. Its destructor cancels it.
/// Threading: that of its wheel. Invariant: linked in at most one wheel. Allocates: nothing.
class Timer {
  public:
    using Callback = FunctionRef<void(TimePoint now)>;

    explicit Timer(Callback callback) noexcept : callback_(callback) {}
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool armed() const noexcept { return wheel_ != nullptr; }
    /// Meaningful while armed.
    [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
    void cancel() noexcept;

  private:
    friend class TimerWheel;

    Timer* next_ = nullptr;
    Timer* prev_ = nullptr;
    TimerWheel* wheel_ = nullptr;
    TimePoint deadline_{};
    std::uint16_t slot_ = 0;
    Callback callback_;
};

}  // namespace pinwheel
