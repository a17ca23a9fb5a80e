#include "random.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>

namespace pinwheel {
namespace {

/// 0, or the errno of the failed call.
int fill_from_kernel(std::span<std::byte> out) noexcept {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        out = out.subspan(static_cast<std::size_t>(got));
    }
    return 0;
}

}  // namespace

SecureRandom::SecureRandom() {
    const int error = fill_from_kernel(pool_);
    if (error != 0) throw std::system_error(error, std::system_category(), "getrandom");
}

void SecureRandom::refill() noexcept {
    // After a first success getrandom fails only for a broken caller. A predictable mask is no fallback.
    if (fill_from_kernel(pool_) != 0) std::terminate();
    used_ = 0;
}

std::uint32_t SecureRandom::next_u32() noexcept {
    std::uint32_t value = 0;
    if (pool_.size() - used_ < sizeof value) refill();
    std::memcpy(&value, pool_.data() + used_, sizeof value);
    used_ += sizeof value;
    return value;
}

void SecureRandom::fill(std::span<std::byte> out) noexcept {
    while (!out.empty()) {
        if (used_ == pool_.size()) refill();
        const std::size_t count = std::min(out.size(), pool_.size() - used_);
        std::memcpy(out.data(), pool_.data() + used_, count);
        used_ += count;
        out = out.subspan(count);
    }
}

SeededRandom::SeededRandom(std::uint64_t seed) noexcept : state_{} {
    for (auto& word : state_) {  // splitmix64, as the generator's authors advise
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        word = mixed ^ (mixed >> 31);
    }
}

std::uint64_t SeededRandom::next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

double SeededRandom::unit() noexcept {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

}  // namespace pinwheel
