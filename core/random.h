#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pinwheel {

/// Unpredictable bytes from the kernel, read in pools: for frame masks (RFC 6455 section 10.3) and keys.
/// Threading: one thread. Invariant: no byte is used twice. Allocates: nothing.
class SecureRandom {
  public:
    /// Throws std::system_error if the kernel gives no random bytes.
    SecureRandom();

    [[nodiscard]] std::uint32_t next_u32() noexcept;
    void fill(std::span<std::byte> out) noexcept;

  private:
    void refill() noexcept;

    std::array<std::byte, 4096> pool_;
    std::size_t used_ = 0;
};

/// A small, fast, predictable generator (xoshiro256**), for jitter and synthetic data.
/// Threading: one thread. Invariant: the same seed gives the same sequence. Allocates: nothing.
class SeededRandom {
  public:
    explicit SeededRandom(std::uint64_t seed) noexcept;

    [[nodiscard]] std::uint64_t next() noexcept;
    /// In [0, 1).
    [[nodiscard]] double unit() noexcept;
    /// In [0, bound); `bound` above 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace pinwheel
