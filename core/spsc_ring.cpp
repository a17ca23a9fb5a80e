#include "spsc_ring.h"

#include <bit>
#include <new>
#include <stdexcept>
#include <string>

namespace pinwheel {

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::size_t capacity)
    : own_(bytes_needed((checked_capacity(capacity), capacity))),
      control_(reinterpret_cast<Control*>(own_.data())),
      data_(own_.data() + sizeof(Control)),
      capacity_(checked_capacity(capacity)) {
    format();
}

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::span<std::byte> memory, std::size_t capacity)
    : control_(reinterpret_cast<Control*>(memory.data())),
      data_(memory.data() + sizeof(Control)),
      capacity_(checked_capacity(capacity)) {
    if (memory.size() < bytes_needed(capacity))
        throw std::invalid_argument("a ring of " + std::to_string(capacity) + " bytes needs " +
                                    std::to_string(bytes_needed(capacity)) + " bytes of memory, not " +
                                    std::to_string(memory.size()));
    format();
}

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::span<std::byte> memory)
    : control_(reinterpret_cast<Control*>(memory.data())),
      data_(memory.data() + sizeof(Control)),
      capacity_(0) {
    const bool is_ring = memory.size() >= sizeof(Control) && control_->magic == kMagic &&
                         control_->position_bits == std::numeric_limits<Position>::digits;
    if (!is_ring) throw std::invalid_argument("the memory holds no ring of this kind");
    capacity_ = checked_capacity(control_->capacity * kUnit);
    if (memory.size() < bytes_needed(capacity()))
        throw std::invalid_argument("the memory holds only a part of its ring");
    producing_ = cached_written_ = control_->written.load(std::memory_order_acquire);
    consuming_ = cached_read_ = control_->read.load(std::memory_order_acquire);
}

template <std::unsigned_integral Position>
Position BasicSpscRing<Position>::checked_capacity(std::size_t bytes) {
    constexpr std::uint64_t kReach = (std::uint64_t{std::numeric_limits<Position>::max()} >> 1) + 1;
    if (!std::has_single_bit(bytes) || bytes < 2 * kUnit || bytes / kUnit > kReach)
        throw std::invalid_argument(
            "a ring's capacity must be a power of two of at least 128 bytes and within its "
            "positions' reach; it is " +
            std::to_string(bytes));
    return static_cast<Position>(bytes / kUnit);
}

template <std::unsigned_integral Position>
void BasicSpscRing<Position>::format() {
    new (control_) Control{kMagic, std::numeric_limits<Position>::digits, capacity_, 0, 0};
}

template class BasicSpscRing<std::uint8_t>;
template class BasicSpscRing<std::uint64_t>;

}  // namespace pinwheel
