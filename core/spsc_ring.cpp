#include "spsc_ring.h"

#include <bit>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>

#include "cpu.h"

namespace pinwheel {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument(what);
}

/// The capacity in units. At most half of the positions, so that full and empty differ. Twice the bytes must
/// be addressable.
template <std::unsigned_integral Position>
Position checked_capacity(std::size_t bytes) {
    constexpr std::size_t kUnit = BasicSpscRing<Position>::kUnit;
    constexpr std::uint64_t kHalf = (std::uint64_t{std::numeric_limits<Position>::max()} >> 1) + 1;
    constexpr std::uint64_t kAddressable = std::uint64_t{1} << 46;
    constexpr std::uint64_t kLargest = kHalf < kAddressable / kUnit ? kHalf * kUnit : kAddressable;
    if (!std::has_single_bit(bytes) || bytes < 2 * kUnit || bytes > kLargest)
        refuse("a ring's capacity must be a power of two from " + std::to_string(2 * kUnit) + " to " +
               std::to_string(kLargest) + " bytes; it is " + std::to_string(bytes));
    return static_cast<Position>(bytes / kUnit);
}

}  // namespace

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::size_t capacity)
    : capacity_(checked_capacity<Position>(capacity)) {
    own_ = MappedMemory(bytes_needed(capacity));
    bind({own_.data(), own_.size()});
    format();
}

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::span<std::byte> memory, std::size_t capacity)
    : capacity_(checked_capacity<Position>(capacity)) {
    bind(memory);
    format();
}

template <std::unsigned_integral Position>
BasicSpscRing<Position>::BasicSpscRing(std::span<std::byte> memory) {
    bind(memory);
    if (control_->magic.load(std::memory_order_acquire) != kMagic) refuse("the memory holds no ring");
    if (control_->version != kVersion)
        refuse("the memory holds a ring of layout version " + std::to_string(control_->version) + ", not " +
               std::to_string(kVersion));
    if (control_->position_bits != std::numeric_limits<Position>::digits)
        refuse("the memory holds a ring over positions of " + std::to_string(control_->position_bits) +
               " bits, not " + std::to_string(std::numeric_limits<Position>::digits));
    if (broken()) refuse("the ring is broken: one side wrote a position or a size that cannot be");
    const std::uint64_t units = control_->capacity;
    if (units > memory.size() / (2 * kUnit))
        refuse("the memory of " + std::to_string(memory.size()) + " bytes holds only a part of its ring");
    capacity_ = checked_capacity<Position>(units * kUnit);
    bind(memory);
    consuming_ = cached_read_ = control_->read.load(std::memory_order_acquire);
    producing_ = cached_written_ = control_->written.load(std::memory_order_acquire);
    if (static_cast<Position>(producing_ - consuming_) > capacity_)
        refuse("the ring's positions are damaged");
}

/// A capacity of 0 gives the control block alone.
template <std::unsigned_integral Position>
void BasicSpscRing<Position>::bind(std::span<std::byte> memory) {
    if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Control) != 0)
        refuse("a ring's memory must be aligned to " + std::to_string(alignof(Control)) + " bytes");
    if (memory.size() < bytes_needed(capacity()))
        refuse("a ring of " + std::to_string(capacity()) + " bytes needs " +
               std::to_string(bytes_needed(capacity())) + " bytes of memory, not " +
               std::to_string(memory.size()));
    control_ = reinterpret_cast<Control*>(memory.data());
    data_ = memory.data() + sizeof(Control);
}

template <std::unsigned_integral Position>
void BasicSpscRing<Position>::format() {
    new (control_) Control{0, kVersion, std::numeric_limits<Position>::digits, capacity_, 0, 0, 0};
    control_->magic.store(kMagic, std::memory_order_release);
}

template <std::unsigned_integral Position>
void BasicSpscRing<Position>::prefault() noexcept {
    pinwheel::prefault(control_, bytes_needed(capacity()));
}

template class BasicSpscRing<std::uint8_t>;
template class BasicSpscRing<std::uint64_t>;

}  // namespace pinwheel
