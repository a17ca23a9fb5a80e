#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace pinwheel::tool {

/// Passes the newest value from one thread to another without locks or waiting, by three copies: one being
/// written, one being read, one in between. Threading: publish() on one thread, read() on a second one.
/// Invariant: the three indices differ.
template <class T>
class Latest {
  public:
    void publish(const T& value) {
        values_[writing_] = value;
        writing_ = middle_.exchange(writing_ | kFresh, std::memory_order_acq_rel) & kIndex;
    }
    /// The value last published; a new T if there was none. Valid until the next read().
    [[nodiscard]] const T& read() noexcept {
        if ((middle_.load(std::memory_order_relaxed) & kFresh) != 0)
            reading_ = middle_.exchange(reading_, std::memory_order_acq_rel) & kIndex;
        return values_[reading_];
    }

  private:
    static constexpr std::uint8_t kIndex = 3;
    static constexpr std::uint8_t kFresh = 4;

    std::array<T, 3> values_{};
    std::uint8_t writing_ = 0;
    std::uint8_t reading_ = 1;
    std::atomic<std::uint8_t> middle_{2};
};

}  // namespace pinwheel::tool
