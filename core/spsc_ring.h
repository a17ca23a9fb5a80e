#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "mapped_memory.h"
#include "record.h"

namespace pinwheel {

/// What both sides share, at the start of the ring's memory. No pointers: it may be mapped at several
/// addresses.
template <std::unsigned_integral Position>
struct RingControl {
    std::uint64_t magic;
    std::uint64_t position_bits;
    std::uint64_t capacity;  // in units
    alignas(64) std::atomic<Position> written;
    alignas(64) std::atomic<Position> read;
};

/// A ring of variable-size records for one producer and one consumer: claim, fill, commit, publish.
/// Twice the capacity is mapped, so that a record that begins before the end runs on behind it and is never
/// split. Positions count units of 64 bytes and wrap at their type's size. Threading: the producer's calls
/// from one thread, the consumer's from one (other) thread. Invariant: read <= written <= read + capacity, in
/// wrapping arithmetic. Allocates: its memory at construction, nothing later.
template <std::unsigned_integral Position>
class BasicSpscRing {
  public:
    static constexpr std::size_t kUnit = 64;
    using Control = RingControl<Position>;
    static_assert(offsetof(Control, written) == 64 && offsetof(Control, read) == 128 &&
                  sizeof(Control) == 192);
    static_assert(std::atomic<Position>::is_always_lock_free);

    /// A ring in memory of its own. Throws std::invalid_argument unless `capacity` (bytes) is a power of two,
    /// at least 128, and within the positions' reach; std::bad_alloc if there is no memory.
    explicit BasicSpscRing(std::size_t capacity);
    /// Makes a ring in the caller's memory of bytes_needed(capacity), 64-aligned; it must outlive the ring.
    BasicSpscRing(std::span<std::byte> memory, std::size_t capacity);
    /// Joins a ring that another handle has made in the same memory. Throws std::invalid_argument if there is
    /// none.
    explicit BasicSpscRing(std::span<std::byte> memory);
    BasicSpscRing(const BasicSpscRing&) = delete;
    BasicSpscRing& operator=(const BasicSpscRing&) = delete;

    [[nodiscard]] static std::size_t bytes_needed(std::size_t capacity) noexcept {
        return sizeof(Control) + 2 * capacity;
    }
    /// In bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return std::size_t{capacity_} * kUnit; }
    /// The bytes of the ring that a payload takes.
    [[nodiscard]] static std::size_t record_size(std::size_t payload) noexcept {
        return units_for(payload) * kUnit;
    }

    // The producer's side.

    /// Room for a payload of up to `size` bytes; null if there is none now. Replaces an open claim.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept {
        const std::size_t units = units_for(size);
        if (units > room()) [[unlikely]] {
            cached_read_ = control_->read.load(std::memory_order_acquire);
            if (units > room()) return nullptr;
        }
        return at(producing_) + sizeof(RecordHeader);
    }

    /// Ends the claim: the record has `header.size` bytes, at most what was claimed. Not visible before
    /// publish().
    void commit(const RecordHeader& header) noexcept {
        last_ = at(producing_);
        std::memcpy(last_, &header, sizeof header);
        producing_ = static_cast<Position>(producing_ + units_for(header.size));
    }

    /// Shows all committed records to the consumer; the newest is marked as the last of its batch.
    void publish() noexcept {
        if (last_ == nullptr) return;
        reinterpret_cast<RecordHeader*>(last_)->flags |= RecordHeader::kLastInBatch;
        last_ = nullptr;
        control_->written.store(producing_, std::memory_order_release);
    }

    /// True if the consumer has taken all that was published.
    [[nodiscard]] bool drained() const noexcept {
        return control_->read.load(std::memory_order_acquire) == producing_;
    }

    // The consumer's side.

    /// The oldest record; null if there is none. It stays valid until pop().
    [[nodiscard]] const RecordHeader* front() noexcept {
        if (consuming_ == cached_written_) {
            cached_written_ = control_->written.load(std::memory_order_acquire);
            if (consuming_ == cached_written_) return nullptr;
        }
        return reinterpret_cast<const RecordHeader*>(at(consuming_));
    }

    /// Gives back the record that front() showed.
    void pop() noexcept {
        const auto& header = *reinterpret_cast<const RecordHeader*>(at(consuming_));
        consuming_ = static_cast<Position>(consuming_ + units_for(header.size));
        control_->read.store(consuming_, std::memory_order_release);
    }

    /// Bytes published and not yet given back, as either side sees it now.
    [[nodiscard]] std::size_t fill() const noexcept {
        const Position read = control_->read.load(std::memory_order_acquire);
        return static_cast<Position>(control_->written.load(std::memory_order_acquire) - read) * kUnit;
    }

  private:
    static constexpr std::uint64_t kMagic = 0x31676e69727770;  // "pwring1"

    [[nodiscard]] static std::size_t units_for(std::size_t payload) noexcept {
        return (sizeof(RecordHeader) + payload + kPayloadPadding + kUnit - 1) / kUnit;
    }
    [[nodiscard]] std::size_t room() const noexcept {
        return static_cast<std::size_t>(capacity_) - static_cast<Position>(producing_ - cached_read_);
    }
    [[nodiscard]] std::byte* at(Position position) const noexcept {
        return data_ + static_cast<std::size_t>(position & (capacity_ - 1)) * kUnit;
    }
    static Position checked_capacity(std::size_t bytes);
    void format();

    MappedMemory own_;
    Control* control_;
    std::byte* data_;
    Position capacity_;

    alignas(64) Position producing_ = 0;
    Position cached_read_ = 0;
    std::byte* last_ = nullptr;  // the newest committed record that is not published

    alignas(64) Position consuming_ = 0;
    Position cached_written_ = 0;
};

extern template class BasicSpscRing<std::uint8_t>;
extern template class BasicSpscRing<std::uint64_t>;
using SpscRing = BasicSpscRing<std::uint64_t>;

}  // namespace pinwheel
