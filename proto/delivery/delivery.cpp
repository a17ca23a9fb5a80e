#include "delivery.h"

#include <algorithm>
#include <utility>

namespace pinwheel {
namespace {

constexpr Duration kRoomCheck = std::chrono::milliseconds{1};
constexpr Duration kAlertInterval = std::chrono::seconds{1};

}  // namespace

Delivery::Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner)
    : reactor_(reactor),
      stats_(stats),
      owner_(owner),
      alerts_(kAlertInterval),
      room_timer_(Timer::Callback::member<&Delivery::on_room_timer>(*this)),
      alert_timer_(Timer::Callback::member<&Delivery::on_alert_timer>(*this)) {}

Delivery::Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner, Handler handler)
    : Delivery(reactor, stats, owner) {
    sink_ = &callback_sink_.emplace(handler, CountingSink::Overflow::member<&Delivery::on_overflow>(*this),
                                    CountingSink::Batch::member<&Delivery::on_batch>(*this));
}

Delivery::Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner, Handler handler,
                   std::uint32_t queue_size, std::size_t queue_bytes, OverflowPolicy policy)
    : Delivery(reactor, stats, owner) {
    queue_.emplace(queue_size, MessageQueue::kCapacity, queue_bytes);
    sink_ = &queue_sink_.emplace(*queue_, policy, handler,
                                 CountingSink::Overflow::member<&Delivery::on_overflow>(*this),
                                 CountingSink::Batch::member<&Delivery::on_batch>(*this));
}

void Delivery::connected(std::uint32_t generation, TimePoint now) noexcept {
    if (queue_sink_) return queue_sink_->connected(generation, {.received = now});
    callback_sink_->set_generation(generation);
}

void Delivery::disconnected(std::uint8_t reason, std::uint16_t code, std::string_view close_reason,
                            TimePoint now) noexcept {
    room_timer_.cancel();
    if (queue_sink_) queue_sink_->disconnected(reason, code, {.received = now}, close_reason);
}

void Delivery::on_overflow(MessageSink::Verdict verdict) {
    if (verdict == MessageSink::Verdict::pause) return reactor_.schedule_after(room_timer_, kRoomCheck);
    stats_.record_dropped(1);
    alerts_.add();
    cause_ = drop_cause();
    if (!alert_timer_.armed())
        reactor_.schedule(alert_timer_, std::max(alerts_.next_alert(), reactor_.now()));
}

DropCause Delivery::drop_cause() noexcept {
    if (!queue_) return DropCause::memory;
    if (queue_->bytes_reached()) return DropCause::queue_bytes;
    return queue_->messages_reached() ? DropCause::queue_size : DropCause::memory;
}

const RecordHeader* Delivery::show_next(bool with_dropped) {
    const RecordHeader* record = nullptr;
    for (; (record = queue_->front()) != nullptr; queue_->pop()) {
        shown_ = record->kind == RecordKind::message || (with_dropped && record->kind == RecordKind::dropped);
        if (shown_) break;
    }
    look_for_room();
    return record;
}

void Delivery::release() {
    if (!std::exchange(shown_, false)) return;
    queue_->pop();
    look_for_room();
}

/// Half of the ring must be free: each pause costs the peer a round trip.
void Delivery::look_for_room() {
    if (!paused() || !queue_->half_free()) return;
    room_timer_.cancel();
    owner_.on_room();
}

void Delivery::on_room_timer(TimePoint) {
    reactor_.schedule_after(room_timer_, kRoomCheck);
    look_for_room();
}

void Delivery::on_alert_timer(TimePoint now) {
    owner_.on_dropped(alerts_.take(now), cause_);
}

}  // namespace pinwheel
