#include "allocation_counter.h"

#include <execinfo.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

// glibc's own names of malloc and its relatives. The names without underscores below replace those of glibc.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace pinwheel::test {
namespace {

constexpr std::size_t kKeptCallers = 4;  // of each sort
constexpr int kDepth = 16;

struct Caller {
    std::array<void*, kDepth> frames;
    int depth;
    std::size_t bytes;
};

struct Sort {
    std::uint64_t count = 0;
    std::array<Caller, kKeptCallers> callers{};
};

struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    [[nodiscard]] bool holds(const void* address) const noexcept {
        const auto value = reinterpret_cast<std::uintptr_t>(address);
        return value >= begin && value < end;
    }
};

thread_local bool t_counting = false;
thread_local Sort t_own;
thread_local Sort t_openssl;
std::array<Range, 2> g_openssl;  // libcrypto and libssl

int find_openssl(dl_phdr_info* info, std::size_t, void*) {
    const bool is_libcrypto = std::strstr(info->dlpi_name, "/libcrypto.") != nullptr;
    if (!is_libcrypto && std::strstr(info->dlpi_name, "/libssl.") == nullptr) return 0;
    Range& range = g_openssl.at(is_libcrypto ? 0 : 1);
    range = {info->dlpi_addr, info->dlpi_addr};
    for (int i = 0; i < info->dlpi_phnum; ++i)
        if (const auto& part = info->dlpi_phdr[i]; part.p_type == PT_LOAD)
            range.end = std::max(range.end, info->dlpi_addr + part.p_vaddr + part.p_memsz);
    return 0;
}

void note(std::size_t bytes, const void* caller) noexcept {
    if (!t_counting) [[likely]]
        return;
    t_counting = false;  // backtrace() may allocate
    Sort& sort = g_openssl[0].holds(caller) || g_openssl[1].holds(caller) ? t_openssl : t_own;
    if (sort.count < kKeptCallers) {
        Caller& kept = sort.callers.at(sort.count);
        kept.depth = ::backtrace(kept.frames.data(), kDepth);
        kept.bytes = bytes;
    }
    ++sort.count;
    t_counting = true;
}

void print(const Sort& sort) noexcept {
    for (std::size_t i = 0; i < kKeptCallers && i < sort.count; ++i) {
        std::fprintf(stderr, "%zu bytes asked for by:\n", sort.callers.at(i).bytes);
        ::backtrace_symbols_fd(sort.callers.at(i).frames.data(), sort.callers.at(i).depth, STDERR_FILENO);
    }
}

}  // namespace

AllocationCounter::AllocationCounter() noexcept {
    std::array<void*, 1> frame{};
    ::backtrace(frame.data(), 1);  // loads its libraries
    ::dl_iterate_phdr(&find_openssl, nullptr);
    t_own.count = 0;
    t_openssl.count = 0;
    t_counting = true;
}

AllocationCounter::~AllocationCounter() {
    t_counting = false;
}

AllocationCount AllocationCounter::stop() noexcept {
    t_counting = false;
    return {.own = t_own.count, .in_openssl = t_openssl.count};
}

void AllocationCounter::print_callers() const noexcept {
    print(t_own);
    print(t_openssl);
}

}  // namespace pinwheel::test

using pinwheel::test::note;

extern "C" {

[[gnu::visibility("default")]] void* malloc(std::size_t size) noexcept {
    note(size, __builtin_return_address(0));
    return __libc_malloc(size);
}

[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) noexcept {
    note(count * size, __builtin_return_address(0));
    return __libc_calloc(count, size);
}

[[gnu::visibility("default")]] void* realloc(void* memory, std::size_t size) noexcept {
    note(size, __builtin_return_address(0));
    return __libc_realloc(memory, size);
}

[[gnu::visibility("default")]] void* memalign(std::size_t alignment, std::size_t size) noexcept {
    note(size, __builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

[[gnu::visibility("default")]] void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    note(size, __builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

[[gnu::visibility("default")]] int posix_memalign(void** memory, std::size_t alignment,
                                                  std::size_t size) noexcept {
    note(size, __builtin_return_address(0));
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
