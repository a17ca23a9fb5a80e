#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "record.h"
#include "spsc_ring.h"

namespace pinwheel {

/// A queue of records for one producer and one consumer: a chain of rings. A record that does not fit the
/// newest ring goes to a larger ring, linked after it. The consumer frees a drained ring that has a
/// successor. A ring that stays far too large gets a smaller successor.
/// Threading: the producer's calls from one thread, the consumer's from one (other) thread, the numbers from
/// any. Invariant: records come out in the order of commits. Messages and bytes stay within their limits,
/// with three exceptions: control records, a message that grew while it was claimed, and a single message
/// above the limit. A ring has at most the limit of bytes, rounded up to a power of two, or the size of its
/// only record.
/// Allocates: a ring when the newest is too small or far too large. Nothing in a steady state.
class MessageQueue {
  public:
    /// The default capacity of the first ring, in bytes.
    static constexpr std::size_t kCapacity = std::size_t{256} << 10;

    /// Limits of messages and of the bytes of their records; 0: no limit. `capacity` is the size of the first
    /// ring in bytes, a power of two. Throws the exceptions of SpscRing's constructor.
    explicit MessageQueue(std::size_t max_messages = 0, std::size_t capacity = kCapacity,
                          std::size_t max_bytes = 0);
    ~MessageQueue();
    MessageQueue(const MessageQueue&) = delete;
    MessageQueue& operator=(const MessageQueue&) = delete;

    /// Touches the pages of the first ring, so that neither side faults on its first lap. Call it before any
    /// use.
    void prefault() noexcept;

    // The producer's side.

    /// True if another message with a payload of `size` bytes would exceed a limit. Unpublished records
    /// count. An empty queue takes one message of any size.
    [[nodiscard]] bool full(std::size_t size = 0) noexcept {
        asked_ = SpscRing::record_size(size);
        if (!seems_full()) [[likely]]
            return false;
        see_popped();
        return seems_full();
    }
    /// True if the last full() hit the limit of messages.
    [[nodiscard]] bool messages_reached() const noexcept {
        return committed_ - cached_popped_ >= max_messages_;
    }
    /// True if the last full() hit the limit of bytes.
    [[nodiscard]] bool bytes_reached() const noexcept {
        const std::size_t waiting = committed_bytes_ - cached_popped_bytes_;
        return waiting + asked_ > max_bytes_ && waiting != 0;
    }

    /// Room for a payload of `size` bytes. Null only if there is no memory, or if the size is above
    /// kMaxPayload. Does not check the limits: call full() first. An uncommitted claim leaves no trace; the
    /// next claim replaces it.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept {
        if (better_capacity_ == 0) [[likely]] {
            if (auto* const room = newest_->ring.claim(size)) [[likely]]
                return room;
        }
        return claim_in_new_segment(size, {});
    }

    /// Enlarges the open claim and keeps its first `used` bytes; the address may change. Null: no memory, and
    /// the claim is dropped.
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept;

    /// Ends the claim with `header.size` bytes, at most the claimed size.
    void commit(const RecordHeader& header) noexcept {
        newest_->ring.commit(header);
        committed_bytes_ += SpscRing::record_size(header.size);
        if (header.kind == RecordKind::message) ++committed_;
    }

    /// Shows all committed records to the consumer. The newest is marked as the last of its batch. An open
    /// claim stays open.
    void publish() noexcept {
        if (committed_bytes_ == published_bytes_.load(std::memory_order_relaxed)) return;
        // Before the records: no reader may count a record out before it is counted in.
        published_.store(committed_, std::memory_order_release);
        published_bytes_.store(committed_bytes_, std::memory_order_release);
        if (shown_ != newest_) [[unlikely]]
            publish_across_segments();
        else
            newest_->ring.publish();
        note_high_water();
        if (newest_->ring.capacity() > base_capacity_) [[unlikely]]
            watch_use();
    }

    /// Commits a record with this payload, sets the header's size to the payload's, and publishes. The record
    /// does not count as a message. An open claim is dropped. False: no memory.
    bool push_control(RecordHeader header, std::span<const std::byte> payload = {}) noexcept;

    /// Sets the high-water marks to the current sizes.
    void reset_high_water() noexcept {
        high_water_.store(size(), std::memory_order_relaxed);
        high_water_bytes_.store(bytes(), std::memory_order_relaxed);
    }

    /// The capacity of the newest ring, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return newest_->ring.capacity(); }

    // The consumer's side.

    /// The oldest record; null if the queue is empty. It stays valid until pop().
    [[nodiscard]] const RecordHeader* front() noexcept {
        if (const auto* const record = head_->ring.front()) [[likely]]
            return record;
        if (head_->next.load(std::memory_order_acquire) == nullptr) return nullptr;
        return front_behind_link();
    }

    /// Releases the record that front() showed.
    void pop() noexcept {
        const RecordHeader& record = *head_->ring.front();
        const bool is_message = record.kind == RecordKind::message;
        const std::size_t bytes = SpscRing::record_size(record.size);
        head_->ring.pop();
        popped_bytes_.store(popped_bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
        if (is_message) popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    // Numbers, from any thread.

    /// Messages published and not yet released.
    [[nodiscard]] std::size_t size() const noexcept { return difference(published_, popped_); }
    /// Bytes of the records published and not yet released, control records included.
    [[nodiscard]] std::size_t bytes() const noexcept { return difference(published_bytes_, popped_bytes_); }
    /// The high-water mark of messages, since construction or reset_high_water().
    [[nodiscard]] std::size_t high_water() const noexcept {
        return high_water_.load(std::memory_order_relaxed);
    }
    /// The high-water mark of bytes, since construction or reset_high_water().
    [[nodiscard]] std::size_t high_water_bytes() const noexcept {
        return high_water_bytes_.load(std::memory_order_relaxed);
    }
    /// True if at least half of each limit is free.
    [[nodiscard]] bool half_free() const noexcept {
        return size() <= max_messages_ / 2 && bytes() <= max_bytes_ / 2;
    }
    /// The limit of messages; 0: no limit.
    [[nodiscard]] std::size_t max_messages() const noexcept {
        return max_messages_ == kNone ? 0 : max_messages_;
    }
    /// The limit of bytes; 0: no limit.
    [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_ == kNone ? 0 : max_bytes_; }

  private:
    using Counter = std::atomic<std::size_t>;
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();  // no limit

    struct Segment {
        explicit Segment(std::size_t capacity) : ring(capacity) {}
        SpscRing ring;
        Segment* successor = nullptr;  // the producer's; becomes `next` when all is published
        std::atomic<Segment*> next{nullptr};
    };

    /// Reads the released count first. The difference may be stale, but is never negative.
    [[nodiscard]] static std::size_t difference(const Counter& in, const Counter& out) noexcept {
        const std::size_t gone = out.load(std::memory_order_acquire);
        return in.load(std::memory_order_acquire) - gone;
    }

    /// By the consumer's counts, as last read.
    [[nodiscard]] bool seems_full() const noexcept { return messages_reached() || bytes_reached(); }
    void see_popped() noexcept {
        cached_popped_ = popped_.load(std::memory_order_acquire);
        cached_popped_bytes_ = popped_bytes_.load(std::memory_order_acquire);
    }
    [[nodiscard]] bool seems_above_marks() const noexcept {
        return committed_ - cached_popped_ > high_water() ||
               committed_bytes_ - cached_popped_bytes_ > high_water_bytes();
    }

    /// Reads the consumer's counts only if the cached ones suggest a new mark: the read costs a cache miss.
    void note_high_water() noexcept {
        if (!seems_above_marks()) return;
        see_popped();
        if (!seems_above_marks()) return;
        const std::size_t messages = committed_ - cached_popped_;
        const std::size_t bytes = committed_bytes_ - cached_popped_bytes_;
        if (messages > high_water()) high_water_.store(messages, std::memory_order_relaxed);
        if (bytes > high_water_bytes()) high_water_bytes_.store(bytes, std::memory_order_relaxed);
    }

    [[nodiscard]] std::byte* claim_in_new_segment(std::size_t size, std::span<const std::byte> kept) noexcept;
    void publish_across_segments() noexcept;
    void watch_use() noexcept;
    [[nodiscard]] const RecordHeader* front_behind_link() noexcept;

    const std::size_t max_messages_;
    const std::size_t max_bytes_;
    const std::size_t base_capacity_;
    const std::size_t largest_;  // of a ring that holds more than one record

    alignas(64) Segment* newest_;  // the producer's fields, up to head_
    Segment* shown_;               // the newest that the consumer can reach
    std::size_t committed_ = 0;
    std::size_t committed_bytes_ = 0;
    std::size_t asked_ = 0;  // the size of the record of the last full() call, in bytes
    std::size_t cached_popped_ = 0;
    std::size_t cached_popped_bytes_ = 0;
    Counter published_{0};
    Counter published_bytes_{0};
    Counter high_water_{0};
    Counter high_water_bytes_{0};
    std::size_t better_capacity_ = 0;  // of the next ring, once the newest is found too large; else 0
    std::size_t peak_ = 0;             // the most bytes in the newest ring during the watched publications
    std::size_t watched_ = 0;

    alignas(64) Segment* head_;  // the consumer's fields
    Counter popped_{0};
    Counter popped_bytes_{0};
};

}  // namespace pinwheel
