#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "record.h"
#include "spsc_ring.h"

namespace pinwheel {

/// A queue of records for one producer and one consumer: a chain of rings. A record that does not fit the
/// newest ring goes to a larger one linked behind it; the consumer drops a ring when it is drained and has a
/// successor. Threading: the producer's calls from one thread, the consumer's from one (other) thread, size()
/// from both. Invariant: records come out in the order of publication; messages counted never exceed the
/// limit. Allocates: a ring when the newest is too small; nothing in a steady state.
class MessageQueue {
  public:
    /// `max_messages` 0: no limit. `capacity` is the first ring's in bytes, a power of two.
    explicit MessageQueue(std::size_t max_messages = 0, std::size_t capacity = std::size_t{256} << 10);
    ~MessageQueue();
    MessageQueue(const MessageQueue&) = delete;
    MessageQueue& operator=(const MessageQueue&) = delete;

    // The producer's side.

    /// True if the limit of messages is reached.
    [[nodiscard]] bool full() noexcept;
    /// Room for a payload of `size` bytes; null only if there is no memory.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept;
    /// Makes the open claim larger and keeps its first `used` bytes, perhaps at another place. Null: no
    /// memory; the claim is gone.
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept;
    /// Ends the claim, with `header.size` bytes.
    void commit(const RecordHeader& header) noexcept;
    /// Shows all committed records to the consumer.
    void publish() noexcept;
    /// Commits a record without payload and publishes; it does not count as a message. False: no memory.
    bool push_control(const RecordHeader& header) noexcept;

    // The consumer's side.

    /// The oldest record; null if there is none. It stays valid until pop().
    [[nodiscard]] const RecordHeader* front() noexcept;
    void pop() noexcept;

    /// Messages published and not yet given back.
    [[nodiscard]] std::size_t size() const noexcept {
        return published_.load(std::memory_order_acquire) - popped_.load(std::memory_order_acquire);
    }
    /// The most messages that ever waited.
    [[nodiscard]] std::size_t high_water() const noexcept {
        return high_water_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t max_messages() const noexcept { return max_messages_; }

  private:
    struct Segment;

    [[nodiscard]] std::byte* claim_in_new_segment(std::size_t size, std::span<const std::byte> kept) noexcept;

    const std::size_t max_messages_;
    const std::size_t base_capacity_;

    alignas(64) Segment* tail_;  // the producer's
    std::size_t committed_ = 0;
    std::size_t cached_popped_ = 0;
    std::size_t claims_fit_for_base_ = 0;
    std::atomic<std::size_t> published_{0};
    std::atomic<std::size_t> high_water_{0};

    alignas(64) Segment* head_;  // the consumer's
    std::atomic<std::size_t> popped_{0};
};

}  // namespace pinwheel
