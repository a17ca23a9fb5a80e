#include "stats.h"

#include <limits>

namespace pinwheel {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

std::int64_t nanoseconds(TimePoint time) noexcept {
    return time.time_since_epoch().count();
}

TimePoint time_point(std::int64_t value) noexcept {
    return value == kNever ? TimePoint{} : TimePoint{Duration{value}};
}

}  // namespace

void StatsRecorder::record_connect(TimePoint now, SystemTime unix_now) noexcept {
    const Update update(*this);
    add(kConnects, 1);
    put(kConnectedAt, nanoseconds(now));
    put(kUnixOffset, unix_now.time_since_epoch().count() - nanoseconds(now));
}

void StatsRecorder::record_disconnect(bool proactive, TimePoint now) noexcept {
    const Update update(*this);
    add(proactive ? kProactive : kReactive, 1);
    put(kDisconnectedAt, nanoseconds(now));
}

void StatsRecorder::record_dropped(std::uint64_t messages) noexcept {
    const Update update(*this);
    add(kDropped, messages);
}

void StatsRecorder::record_reconnect_try() noexcept {
    const Update update(*this);
    add(kReconnectTries, 1);
}

void StatsRecorder::record_protocol_error() noexcept {
    const Update update(*this);
    add(kProtocolErrors, 1);
}

void StatsRecorder::record_tls(const TlsInfo& tls) noexcept {
    const Update update(*this);
    if (tls.resumed) add(kResumed, 1);
    switch (tls.records) {
        case TlsRecordsBy::openssl:
            return add(kTlsOpenssl, 1);
        case TlsRecordsBy::in_place_evp:
            return add(kTlsInPlaceEvp, 1);
        case TlsRecordsBy::in_place_ipsec_mb:
            return add(kTlsInPlaceIpsecMb, 1);
    }
}

void StatsRecorder::record_ping(const RoundTrip& round_trip) noexcept {
    const Update update(*this);
    put(kPingCount, static_cast<std::int64_t>(round_trip.count));
    put(kPingLast, round_trip.last.count());
    put(kPingMin, round_trip.min.count());
    put(kPingMax, round_trip.max.count());
    put(kPingSmoothed, round_trip.smoothed.count());
}

void StatsRecorder::record_bytes_to_send(std::size_t bytes) noexcept {
    const Update update(*this);
    put(kBytesToSend, static_cast<std::int64_t>(bytes));
}

void StatsRecorder::reset(TimePoint now, SystemTime unix_now) noexcept {
    const Update update(*this);
    for (auto& slot : slots_) slot.store(0, std::memory_order_release);
    for (const auto slot : {kConnectedAt, kDisconnectedAt, kMessageAt}) put(slot, kNever);
    put(kSince, nanoseconds(now));
    put(kUnixOffset, unix_now.time_since_epoch().count() - nanoseconds(now));
}

WebSocketStats StatsRecorder::snapshot() const noexcept {
    std::array<std::int64_t, kSlots> copy{};
    std::uint64_t before = 0;
    do {
        before = version_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < kSlots; ++i) copy[i] = slots_[i].load(std::memory_order_acquire);
    } while (before % 2 != 0 || before != version_.load(std::memory_order_relaxed));

    const auto counter = [&copy](Slot slot) { return static_cast<std::uint64_t>(copy[slot]); };
    const auto duration = [&copy](Slot slot) { return Duration{copy[slot]}; };
    const auto unix_time = [&copy](Slot slot) {
        return copy[slot] == kNever ? SystemTime{} : SystemTime{Duration{copy[slot] + copy[kUnixOffset]}};
    };
    return {.connects = counter(kConnects),
            .disconnects = counter(kProactive) + counter(kReactive),
            .proactive_disconnects = counter(kProactive),
            .reactive_disconnects = counter(kReactive),
            .messages_received = counter(kMessagesReceived),
            .messages_sent = counter(kMessagesSent),
            .bytes_received = counter(kBytesReceived),
            .bytes_sent = counter(kBytesSent),
            .last_connect_time = unix_time(kConnectedAt),
            .last_disconnect_time = unix_time(kDisconnectedAt),
            .last_message_time = unix_time(kMessageAt),
            .messages_dropped = counter(kDropped),
            .reconnect_tries = counter(kReconnectTries),
            .protocol_errors = counter(kProtocolErrors),
            .resumed_handshakes = counter(kResumed),
            .tls_openssl = counter(kTlsOpenssl),
            .tls_in_place_evp = counter(kTlsInPlaceEvp),
            .tls_in_place_ipsec_mb = counter(kTlsInPlaceIpsecMb),
            .ping = {.count = counter(kPingCount),
                     .last = duration(kPingLast),
                     .min = duration(kPingMin),
                     .max = duration(kPingMax),
                     .smoothed = duration(kPingSmoothed)},
            .bytes_to_send = counter(kBytesToSend),
            .queued = 0,
            .queued_high_water = 0,
            .queued_bytes = 0,
            .queued_bytes_high_water = 0,
            .since = time_point(copy[kSince]),
            .connected_at = time_point(copy[kConnectedAt])};
}

}  // namespace pinwheel
