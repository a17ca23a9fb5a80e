#pragma once

#include <cstddef>

#include "error.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace pinwheel {

/// The spin-loop hint of the CPU (PAUSE). Threading: any. Allocates: nothing.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// The number of online cores.
[[nodiscard]] int cpu_count() noexcept;

/// Binds the calling thread to one core, counted from 0. The error names the core and the number of cores.
[[nodiscard]] Error pin_to_cpu(int cpu);

/// Locks all present and future pages of the process in memory (mlockall).
[[nodiscard]] Error lock_memory();

/// Touches each page of the range, so that later writes do not fault. Keeps the contents.
void prefault(void* begin, std::size_t size) noexcept;

/// Gives the calling thread real-time priority (SCHED_FIFO), 1 to 99. A spinning thread then starves all
/// other threads of its core.
[[nodiscard]] Error make_realtime(int priority);

}  // namespace pinwheel
