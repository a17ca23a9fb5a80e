#include "message_queue.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace pinwheel {
namespace {

/// A smaller ring follows after this many publications during which a quarter of a grown ring sufficed. The
/// count is high so that bursts every few seconds do not allocate each time.
constexpr std::size_t kPublicationsBeforeShrinking = std::size_t{1} << 16;

}  // namespace

MessageQueue::MessageQueue(std::size_t max_messages, std::size_t capacity, std::size_t max_bytes)
    : max_messages_(max_messages != 0 ? max_messages : kNone),
      max_bytes_(max_bytes != 0 ? max_bytes : kNone),
      base_capacity_(capacity),
      largest_(max_bytes_ <= kNone / 4 ? std::max(capacity, std::bit_ceil(max_bytes_)) : kNone),
      newest_(new Segment(capacity)),
      shown_(newest_),
      head_(newest_) {}

MessageQueue::~MessageQueue() {
    while (head_ != nullptr) delete std::exchange(head_, head_->successor);
}

void MessageQueue::prefault() noexcept {
    newest_->ring.prefault();
}

/// `kept` is the beginning of an open claim. The link waits for publish(): the committed records before it
/// belong to the same batch as the records behind it, and only the last record may be marked.
std::byte* MessageQueue::claim_in_new_segment(std::size_t size, std::span<const std::byte> kept) noexcept {
    if (size > kMaxPayload) return nullptr;
    const std::size_t needed = std::bit_ceil(SpscRing::record_size(size));
    const std::size_t newest = newest_->ring.capacity();
    std::size_t capacity = needed;
    if (better_capacity_ != 0)
        capacity = std::max(needed, better_capacity_);
    else if (needed <= newest)
        capacity = std::max(needed, std::min(2 * newest, largest_));  // the newest one is only full
    Segment* segment = nullptr;
    try {
        segment = new Segment(capacity);
    } catch (const std::bad_alloc&) {
        return std::exchange(better_capacity_, 0) != 0 ? newest_->ring.claim(size) : nullptr;
    }
    auto* const room = segment->ring.claim(size);
    std::copy(kept.begin(), kept.end(), room);
    newest_->successor = segment;
    newest_ = segment;
    better_capacity_ = peak_ = watched_ = 0;
    return room;
}

std::byte* MessageQueue::grow(std::size_t used, std::size_t size) noexcept {
    const auto* const before = newest_->ring.claim(0);
    if (auto* const room = newest_->ring.claim(size)) return room;
    return claim_in_new_segment(size, {before, used});
}

void MessageQueue::publish_across_segments() noexcept {
    const Segment* last = shown_;  // the ring of the newest record
    for (const Segment* segment = shown_; segment != newest_;) {
        segment = segment->successor;
        if (segment->ring.has_unpublished()) last = segment;
    }
    while (shown_ != newest_) {
        if (shown_ == last)
            shown_->ring.publish();
        else
            shown_->ring.publish_unfinished();
        Segment* const left = std::exchange(shown_, shown_->successor);
        left->next.store(shown_, std::memory_order_release);  // the consumer may free it then
    }
    newest_->ring.publish();
}

void MessageQueue::watch_use() noexcept {
    peak_ = std::max(peak_, newest_->ring.fill());
    if (++watched_ < kPublicationsBeforeShrinking) return;
    const std::size_t fitting = std::max(base_capacity_, std::bit_ceil(2 * peak_));
    if (fitting < newest_->ring.capacity()) better_capacity_ = fitting;
    peak_ = watched_ = 0;
}

bool MessageQueue::push_control(RecordHeader header, std::span<const std::byte> payload) noexcept {
    std::byte* const room = claim(payload.size());
    if (room == nullptr) return false;
    if (!payload.empty()) std::memcpy(room, payload.data(), payload.size());
    header.size = static_cast<std::uint32_t>(payload.size());
    commit(header);
    publish();
    return true;
}

const RecordHeader* MessageQueue::front_behind_link() noexcept {
    while (Segment* const next = head_->next.load(std::memory_order_acquire)) {
        // This read makes visible all records that were published before the link.
        if (const auto* const record = head_->ring.front()) return record;
        delete std::exchange(head_, next);
    }
    return head_->ring.front();
}

}  // namespace pinwheel
