#pragma once

#include <cstdint>

namespace pinwheel::test {

/// What a thread asked malloc and its kin for.
struct AllocationCount {
    std::uint64_t own = 0;
    std::uint64_t in_openssl = 0;  ///< asked for by libcrypto or libssl
    [[nodiscard]] std::uint64_t all() const noexcept { return own + in_openssl; }
};

/// Counts the calling thread's calls of malloc, calloc, realloc and their kin, those of operator new and of
/// libraries included, while it lives. One at a time on a thread. The first few callers of each sort are
/// kept.
class AllocationCounter {
  public:
    AllocationCounter() noexcept;
    ~AllocationCounter();
    AllocationCounter(const AllocationCounter&) = delete;
    AllocationCounter& operator=(const AllocationCounter&) = delete;

    /// Ends the counting.
    [[nodiscard]] AllocationCount stop() noexcept;
    /// Prints to stderr who called, for how many bytes, innermost first.
    void print_callers() const noexcept;
};

}  // namespace pinwheel::test
