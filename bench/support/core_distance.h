#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace pinwheel::bench {

/// The distance of a second core: the time of a cache line's transfer there and back. On a virtual machine it
/// changes by the minute, and with it the cost of every byte that one core writes and the second reads.
/// Rounds at different distances are not comparable. Threading: one thread, pinned to its core; the thread on
/// the second core sleeps except during a measurement.
class CoreDistance {
  public:
    /// Rounds must have a distance of `wanted` ns; 0: the present one.
    explicit CoreDistance(int other_cpu, double wanted = 0);
    ~CoreDistance();
    CoreDistance(const CoreDistance&) = delete;
    CoreDistance& operator=(const CoreDistance&) = delete;

    /// In ns.
    [[nodiscard]] double wanted() const noexcept { return wanted_; }
    /// Measures for a few milliseconds. True if the distance is the wanted one, within a factor of one half.
    [[nodiscard]] bool is_as_wanted() { return is_wanted(measure()); }
    /// Sleeps until it is. Reports a long wait on stderr.
    void await();

  private:
    static constexpr std::uint32_t kTrips = 4000;
    static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

    [[nodiscard]] double measure();
    [[nodiscard]] bool is_wanted(double distance) const noexcept;
    void answer(int cpu);

    std::atomic<std::uint32_t> measurements_{0};  // the number requested; kEnd: no more
    alignas(64) std::atomic<std::uint32_t> there_{0};
    alignas(64) std::atomic<std::uint32_t> back_{0};
    std::thread thread_;
    double wanted_;
};

}  // namespace pinwheel::bench
