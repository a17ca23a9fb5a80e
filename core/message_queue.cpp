#include "message_queue.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace pinwheel {
namespace {

/// After so many claims in a row that the first ring's size would have held, with nothing waiting, a large
/// ring that a burst has left behind is given back.
constexpr std::size_t kClaimsBeforeShrinking = 4096;

}  // namespace

struct MessageQueue::Segment {
    explicit Segment(std::size_t capacity) : ring(capacity) {}
    SpscRing ring;
    std::atomic<Segment*> next{nullptr};
};

MessageQueue::MessageQueue(std::size_t max_messages, std::size_t capacity)
    : max_messages_(max_messages), base_capacity_(capacity), tail_(new Segment(capacity)), head_(tail_) {}

MessageQueue::~MessageQueue() {
    while (head_ != nullptr) delete std::exchange(head_, head_->next.load(std::memory_order_acquire));
}

bool MessageQueue::full() noexcept {
    if (max_messages_ == 0 || committed_ - cached_popped_ < max_messages_) return false;
    cached_popped_ = popped_.load(std::memory_order_acquire);
    return committed_ - cached_popped_ >= max_messages_;
}

std::byte* MessageQueue::claim(std::size_t size) noexcept {
    if (tail_->ring.capacity() > base_capacity_) [[unlikely]] {
        const bool fits_base = SpscRing::record_size(size) <= base_capacity_ && tail_->ring.drained();
        claims_fit_for_base_ = fits_base ? claims_fit_for_base_ + 1 : 0;
        if (claims_fit_for_base_ > kClaimsBeforeShrinking) return claim_in_new_segment(size, {});
    }
    if (auto* const room = tail_->ring.claim(size)) [[likely]]
        return room;
    return claim_in_new_segment(size, {});
}

/// The new ring is as large as the record needs, and larger than the last one if that was full of waiting
/// records. `kept`, the beginning of an open claim, is copied before the link is made: with it the old ring
/// may go.
std::byte* MessageQueue::claim_in_new_segment(std::size_t size, std::span<const std::byte> kept) noexcept {
    const std::size_t needed = std::bit_ceil(SpscRing::record_size(size));
    const std::size_t grown = tail_->ring.drained() ? base_capacity_ : 2 * tail_->ring.capacity();
    Segment* segment = nullptr;
    try {
        segment = new Segment(std::max(needed, grown));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
    auto* const room = segment->ring.claim(size);
    std::copy(kept.begin(), kept.end(), room);
    publish();
    tail_->next.store(segment, std::memory_order_release);
    tail_ = segment;
    claims_fit_for_base_ = 0;
    return room;
}

std::byte* MessageQueue::grow(std::size_t used, std::size_t size) noexcept {
    const auto* const before = tail_->ring.claim(0);
    if (auto* const room = tail_->ring.claim(size)) return room;
    return claim_in_new_segment(size, {before, used});
}

void MessageQueue::commit(const RecordHeader& header) noexcept {
    tail_->ring.commit(header);
    if (header.kind == RecordKind::message) ++committed_;
}

void MessageQueue::publish() noexcept {
    published_.store(committed_, std::memory_order_release);
    tail_->ring.publish();
    const std::size_t waiting = committed_ - popped_.load(std::memory_order_relaxed);
    if (waiting > high_water_.load(std::memory_order_relaxed))
        high_water_.store(waiting, std::memory_order_relaxed);
}

bool MessageQueue::push_control(const RecordHeader& header) noexcept {
    if (claim(header.size) == nullptr) return false;
    commit(header);
    publish();
    return true;
}

const RecordHeader* MessageQueue::front() noexcept {
    while (true) {
        if (const auto* const record = head_->ring.front()) [[likely]]
            return record;
        Segment* const next = head_->next.load(std::memory_order_acquire);
        if (next == nullptr) return nullptr;
        // What was published before the link was made is visible now.
        if (const auto* const record = head_->ring.front()) return record;
        delete std::exchange(head_, next);
    }
}

void MessageQueue::pop() noexcept {
    const bool is_message = head_->ring.front()->kind == RecordKind::message;
    head_->ring.pop();
    if (is_message) popped_.store(popped_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace pinwheel
