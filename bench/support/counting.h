#pragma once

#include <cstdint>

namespace pinwheel::bench {

/// The calls of the process so far. A program that links counting.cpp counts them in all libraries: it
/// replaces the functions of libc.
struct Counts {
    std::uint64_t reads = 0;        ///< read, recv, recvfrom, recvmsg
    std::uint64_t writes = 0;       ///< write, send, sendto, sendmsg
    std::uint64_t waits = 0;        ///< epoll_wait, epoll_pwait2, poll
    std::uint64_t allocations = 0;  ///< malloc, calloc, realloc; without OpenSSL's
    std::uint64_t openssl_allocations = 0;
    std::uint64_t openssl_bytes = 0;  ///< that it holds now

    friend Counts operator-(const Counts& a, const Counts& b) noexcept {
        return {a.reads - b.reads,
                a.writes - b.writes,
                a.waits - b.waits,
                a.allocations - b.allocations,
                a.openssl_allocations - b.openssl_allocations,
                a.openssl_bytes - b.openssl_bytes};
    }
};

[[nodiscard]] Counts counts() noexcept;

/// Counts OpenSSL's allocations separately. Call it before any other function of OpenSSL; false if it is too
/// late.
[[nodiscard]] bool count_openssl_apart() noexcept;

}  // namespace pinwheel::bench
