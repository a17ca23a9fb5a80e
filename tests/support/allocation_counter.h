#pragma once

#include <cstdint>

namespace pinwheel::test {

/// The allocations of a thread.
struct AllocationCount {
    std::uint64_t own = 0;
    std::uint64_t in_openssl = 0;  ///< by libcrypto or libssl
    [[nodiscard]] std::uint64_t all() const noexcept { return own + in_openssl; }
};

/// Counts the calling thread's allocations during its life: malloc, calloc, realloc and the like, including
/// operator new and libraries. One at a time on a thread. It keeps the first few callers of each kind.
class AllocationCounter {
  public:
    AllocationCounter() noexcept;
    ~AllocationCounter();
    AllocationCounter(const AllocationCounter&) = delete;
    AllocationCounter& operator=(const AllocationCounter&) = delete;

    /// Ends the count.
    [[nodiscard]] AllocationCount stop() noexcept;
    /// Prints each kept caller and its bytes to stderr, innermost frame first.
    void print_callers() const noexcept;
};

}  // namespace pinwheel::test
