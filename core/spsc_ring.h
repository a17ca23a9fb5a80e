#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "mapped_memory.h"
#include "record.h"

namespace pinwheel {

/// The control block that both sides share, at the start of the ring's memory. It has no pointers, so that it
/// may be mapped at several addresses.
template <std::unsigned_integral Position>
struct RingControl {
    std::atomic<std::uint64_t> magic;  ///< stored last, after all other fields
    std::uint32_t version;             ///< of the layout, including that of the record header
    std::uint32_t position_bits;
    std::uint64_t capacity;             ///< in units
    std::atomic<std::uint32_t> broken;  ///< not 0: one side found an impossible position or size
    alignas(64) std::atomic<Position> written;
    alignas(64) std::atomic<Position> read;
};

/// A ring of variable-size records for one producer and one consumer: claim, fill, commit, publish. Twice the
/// capacity is mapped: a record that begins before the end continues after it. No record is split. Positions
/// count units of 64 bytes and wrap at the size of their type.
/// Threading: the producer's calls from one thread, the consumer's from one (other) thread. Invariant: read
/// <= written <= read + capacity, in wrapping arithmetic. Each side checks the positions and sizes that its
/// peer wrote. A violation makes the ring broken for both, permanently: after its next read of the peer's
/// position a side claims and shows nothing. A record that its writer alters after publishing is not
/// detected. Allocates: its memory at construction, nothing later.
template <std::unsigned_integral Position>
class BasicSpscRing {
  public:
    static constexpr std::size_t kUnit = 64;
    using Control = RingControl<Position>;
    static_assert(offsetof(Control, written) == 64 && offsetof(Control, read) == 128 &&
                  sizeof(Control) == 192);
    static_assert(std::atomic<Position>::is_always_lock_free);

    /// A ring in its own page-aligned memory. Throws std::invalid_argument unless `capacity` (bytes) is a
    /// power of two, at least 128, and within the range of the positions. Throws std::bad_alloc if there is
    /// no memory.
    explicit BasicSpscRing(std::size_t capacity);
    /// Makes a ring in the caller's memory of bytes_needed(capacity), 64-aligned. The memory must outlive the
    /// ring. Throws std::invalid_argument as above, or if the memory is too small or not aligned.
    BasicSpscRing(std::span<std::byte> memory, std::size_t capacity);
    /// Joins a ring that another handle has made in the same memory, at its current positions. Throws
    /// std::invalid_argument if there is no complete ring, or a ring of another version or position type.
    explicit BasicSpscRing(std::span<std::byte> memory);
    BasicSpscRing(const BasicSpscRing&) = delete;
    BasicSpscRing& operator=(const BasicSpscRing&) = delete;

    [[nodiscard]] static std::size_t bytes_needed(std::size_t capacity) noexcept {
        return sizeof(Control) + 2 * capacity;
    }
    /// In bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return std::size_t{capacity_} * kUnit; }
    /// The bytes of the ring that a record with this payload occupies.
    [[nodiscard]] static std::size_t record_size(std::size_t payload) noexcept {
        return units_for(payload) * kUnit;
    }
    /// True once either side has found an impossible position or size. Any thread.
    [[nodiscard]] bool broken() const noexcept {
        return control_->broken.load(std::memory_order_relaxed) != 0;
    }
    /// Touches every page, so that neither side faults on its first lap. Call it before the first claim.
    void prefault() noexcept;

    // The producer's side.

    /// Room for a payload of up to `size` bytes. Null if the ring is full or broken. An open claim is
    /// enlarged in place and keeps its bytes. An uncommitted claim leaves no trace.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept {
        if (size > kMaxPayload) [[unlikely]]
            return nullptr;
        const std::size_t units = units_for(size);
        if (!fits(units)) [[unlikely]] {
            if (!see_read() || !fits(units)) return nullptr;
        }
        return at(producing_) + sizeof(RecordHeader);
    }

    /// Ends the claim: the record has `header.size` bytes, at most the claimed size. Not visible before
    /// publish().
    void commit(const RecordHeader& header) noexcept {
        // Stores to the record first, then to the producer's own line. Alternating between lines is slow
        // while some of them are in transit from the consumer's core.
        auto* const record = reinterpret_cast<RecordHeader*>(at(producing_));
        store(*record, header);
        last_ = record;
        last_flags_ = header.flags;
        producing_ = static_cast<Position>(producing_ + units_for(header.size));
    }

    /// Shows all committed records to the consumer; the newest is marked as the last of its batch.
    void publish() noexcept {
        if (last_ == nullptr) return;
        last_->flags = last_flags_ | RecordHeader::kLastInBatch;
        publish_unfinished();
    }

    /// Shows all committed records of a batch that continues in another ring. None is marked as the last.
    void publish_unfinished() noexcept {
        control_->written.store(producing_, std::memory_order_release);
        last_ = nullptr;
    }

    /// True if a committed record waits for publish().
    [[nodiscard]] bool has_unpublished() const noexcept { return last_ != nullptr; }

    // The consumer's side.

    /// The oldest record; null if the ring is empty or broken. It stays valid until pop().
    [[nodiscard]] const RecordHeader* front() noexcept {
        if (consuming_ == cached_written_ && !see_written()) return nullptr;
        const auto* const record = reinterpret_cast<const RecordHeader*>(at(consuming_));
        shown_ = units_for(*static_cast<const volatile std::uint32_t*>(&record->size));
        if (shown_ > static_cast<Position>(cached_written_ - consuming_)) [[unlikely]]
            return break_at_record();
        return record;
    }

    /// Releases the record that front() showed.
    void pop() noexcept {
        consuming_ = static_cast<Position>(consuming_ + shown_);
        control_->read.store(consuming_, std::memory_order_release);
    }

    /// Bytes published and not yet released, as either side sees them now.
    [[nodiscard]] std::size_t fill() const noexcept {
        const Position read = control_->read.load(std::memory_order_acquire);
        const Position used = static_cast<Position>(control_->written.load(std::memory_order_acquire) - read);
        return std::size_t{used < capacity_ ? used : capacity_} * kUnit;
    }

  private:
    static constexpr std::uint64_t kMagic = 0x676e69722d6e6970;  // "pin-ring"
    static constexpr std::uint32_t kVersion = 1;
    static constexpr std::size_t kApart = 128;  // two lines: CPUs prefetch neighbours in pairs, so that two
                                                // sides on neighbouring lines would share both

    [[nodiscard]] static std::size_t units_for(std::size_t payload) noexcept {
        return (sizeof(RecordHeader) + payload + kPayloadPadding + kUnit - 1) / kUnit;
    }
    /// By the consumer's position, as last read.
    [[nodiscard]] bool fits(std::size_t units) const noexcept {
        return units + static_cast<Position>(producing_ - cached_read_) <= capacity_;
    }
    /// Reads the consumer's position. It only advances, and never past the producer's. False: the ring is
    /// broken.
    [[nodiscard]] bool see_read() noexcept {
        const Position read = control_->read.load(std::memory_order_acquire);
        const auto used = static_cast<Position>(producing_ - read);
        if (used > static_cast<Position>(producing_ - cached_read_) || broken()) [[unlikely]] {
            control_->broken.store(1, std::memory_order_relaxed);
            cached_read_ = static_cast<Position>(producing_ - capacity_);  // no claim fits from now on
            return false;
        }
        cached_read_ = read;
        return true;
    }
    /// Reads the producer's position, which is at most a capacity ahead. False: the ring is empty or broken.
    [[nodiscard]] bool see_written() noexcept {
        const Position written = control_->written.load(std::memory_order_acquire);
        if (written == consuming_ || broken()) return false;
        if (static_cast<Position>(written - consuming_) > capacity_) [[unlikely]] {
            control_->broken.store(1, std::memory_order_relaxed);
            return false;
        }
        cached_written_ = written;
        return true;
    }
    /// The oldest record extends past the producer's position.
    [[nodiscard]] const RecordHeader* break_at_record() noexcept {
        control_->broken.store(1, std::memory_order_relaxed);
        cached_written_ = consuming_;
        shown_ = 0;
        return nullptr;
    }
    [[nodiscard]] std::byte* at(Position position) const noexcept {
        return data_ + static_cast<std::size_t>(position & (capacity_ - 1)) * kUnit;
    }

    /// Uses few, wide stores: a store that waits for its line from the consumer's core delays all later
    /// stores. Builds the words in registers, because a wide load after the caller's narrow stores would
    /// stall.
    static void store(RecordHeader& to, const RecordHeader& from) noexcept {
        static_assert(std::endian::native == std::endian::little && sizeof to == 48);
        const auto wide = [](auto value, unsigned shift = 0) {
            return static_cast<std::uint64_t>(value) << shift;
        };
        auto* const out = reinterpret_cast<std::byte*>(&to);
        store_pair(out, wide(from.size) | wide(from.kind, 32) | wide(from.flags, 40) | wide(from.code, 48),
                   from.sequence);
        store_pair(out + 16, from.count, wide(from.generation) | wide(from.reason, 32));
        store_pair(out + 32, wide(from.received), wide(from.kernel_received));
    }
    static void store_pair(std::byte* out, std::uint64_t first, std::uint64_t second) noexcept {
        const std::uint64_t __attribute__((vector_size(16))) pair{first, second};
        std::memcpy(out, &pair, sizeof pair);
    }

    void bind(std::span<std::byte> memory);
    void format();

    MappedMemory own_;
    Control* control_ = nullptr;
    std::byte* data_ = nullptr;
    Position capacity_ = 0;  // in units

    alignas(kApart) Position producing_ = 0;
    Position cached_read_ = 0;
    RecordHeader* last_ = nullptr;  // the newest committed, unpublished record
    std::uint8_t last_flags_ = 0;

    alignas(kApart) Position consuming_ = 0;
    Position cached_written_ = 0;
    std::size_t shown_ = 0;  // size of the record that front() showed, in units
};

extern template class BasicSpscRing<std::uint8_t>;
extern template class BasicSpscRing<std::uint64_t>;
using SpscRing = BasicSpscRing<std::uint64_t>;

}  // namespace pinwheel
