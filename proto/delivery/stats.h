#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "../../core/clock.h"
#include "../../net/byte_stream.h"
#include "../policy/keepalive.h"

namespace pinwheel {

/// Connection and message statistics at one moment. Plain values.
struct WebSocketStats {
    std::uint64_t connects = 0;               ///< connections that were up
    std::uint64_t disconnects = 0;            ///< of connections that were up
    std::uint64_t proactive_disconnects = 0;  ///< by the user
    std::uint64_t reactive_disconnects = 0;   ///< by the peer, the network or a fault
    std::uint64_t messages_received = 0;      ///< delivered
    std::uint64_t messages_sent = 0;          ///< accepted by send()
    std::uint64_t bytes_received = 0;         ///< payload
    std::uint64_t bytes_sent = 0;             ///< payload
    SystemTime last_connect_time{};           ///< the epoch: never
    SystemTime last_disconnect_time{};        ///< the epoch: never
    SystemTime last_message_time{};           ///< of the last message received or sent

    std::uint64_t messages_dropped = 0;    ///< without room in the ring
    std::uint64_t reconnect_tries = 0;     ///< attempts after the first of a connect()
    std::uint64_t protocol_errors = 0;     ///< connections lost because the peer broke the protocol
    std::uint64_t resumed_handshakes = 0;  ///< resumed TLS sessions
    /// TLS connections that were up, by the implementation that opens and seals their records.
    std::uint64_t tls_openssl = 0;
    std::uint64_t tls_in_place_evp = 0;       ///< by the library with OpenSSL's AES-GCM
    std::uint64_t tls_in_place_ipsec_mb = 0;  ///< by the library with libipsec-mb's AES-GCM
    RoundTrip ping{};                         ///< of keep-alive
    std::uint64_t bytes_to_send = 0;          ///< the backlog

    /// Messages waiting in the ring, and their high-water mark. The recorder leaves both 0. The owner of the
    /// ring sets them.
    std::uint64_t queued = 0;
    std::uint64_t queued_high_water = 0;  ///< in messages
    /// Bytes of the waiting records in the ring, and their high-water mark. As above.
    std::uint64_t queued_bytes = 0;
    std::uint64_t queued_bytes_high_water = 0;  ///< in bytes

    TimePoint since{};         ///< creation, or the last reset
    TimePoint connected_at{};  ///< the last connect; undefined while connects is 0

    /// Since creation, or the last reset.
    [[nodiscard]] Duration uptime(TimePoint now) const noexcept { return now - since; }
    /// Since the last connect, up or not; 0 if there was none.
    [[nodiscard]] Duration connection_time(TimePoint now) const noexcept {
        return connects == 0 ? Duration::zero() : now - connected_at;
    }
};

/// Keeps the statistics. Each record_ call costs a few plain stores, without a locked instruction or a clock
/// reading. Threading: everything on one thread, except snapshot() and its results: any thread. Invariant: a
/// snapshot never shows half of a record_ call. Allocates: nothing.
class StatsRecorder {
  public:
    StatsRecorder(TimePoint now, SystemTime unix_now) noexcept { reset(now, unix_now); }

    void record_connect(TimePoint now, SystemTime unix_now) noexcept;
    void record_disconnect(bool proactive, TimePoint now) noexcept;
    void record_messages_received(std::uint64_t messages, std::uint64_t bytes, TimePoint now) noexcept {
        const Update update(*this);
        add(kMessagesReceived, messages);
        add(kBytesReceived, bytes);
        put(kMessageAt, now.time_since_epoch().count());
    }
    /// `waiting`: the backlog, in bytes.
    void record_message_sent(std::size_t size, std::size_t waiting, TimePoint now) noexcept {
        const Update update(*this);
        add(kMessagesSent, 1);
        add(kBytesSent, size);
        put(kBytesToSend, static_cast<std::int64_t>(waiting));
        put(kMessageAt, now.time_since_epoch().count());
    }
    void record_dropped(std::uint64_t messages) noexcept;
    void record_reconnect_try() noexcept;
    void record_protocol_error() noexcept;
    void record_tls(const TlsInfo& tls) noexcept;
    void record_ping(const RoundTrip& round_trip) noexcept;
    void record_bytes_to_send(std::size_t bytes) noexcept;

    /// Resets all counts; `since` becomes `now`.
    void reset(TimePoint now, SystemTime unix_now) noexcept;

    /// A consistent copy. From any thread. It waits at most for one record_ call in progress.
    [[nodiscard]] WebSocketStats snapshot() const noexcept;

  private:
    enum Slot : std::uint8_t {
        kConnects,
        kProactive,
        kReactive,
        kMessagesReceived,
        kMessagesSent,
        kBytesReceived,
        kBytesSent,
        kDropped,
        kReconnectTries,
        kProtocolErrors,
        kResumed,
        kTlsOpenssl,
        kTlsInPlaceEvp,
        kTlsInPlaceIpsecMb,
        kPingCount,
        kPingLast,
        kPingMin,
        kPingMax,
        kPingSmoothed,
        kBytesToSend,
        // Points in monotonic time; kNever for none.
        kSince,
        kConnectedAt,
        kDisconnectedAt,
        kMessageAt,
        // Unix time at monotonic zero, as known at the last reset or connect.
        kUnixOffset,
        kSlots,
    };

    // A sequence lock: odd while an update is under way. Release stores keep the slots' stores after the odd
    // version. Acquire loads keep the slots' loads before the second read of the version. No fence is needed.
    [[nodiscard]] std::int64_t get(Slot slot) const noexcept {
        return slots_[slot].load(std::memory_order_relaxed);
    }
    void put(Slot slot, std::int64_t value) noexcept { slots_[slot].store(value, std::memory_order_release); }
    void add(Slot slot, std::uint64_t more) noexcept {
        put(slot, get(slot) + static_cast<std::int64_t>(more));
    }
    class Update {
      public:
        explicit Update(StatsRecorder& stats) noexcept
            : stats_(stats), version_(stats.version_.load(std::memory_order_relaxed)) {
            stats_.version_.store(version_ + 1, std::memory_order_relaxed);
        }
        ~Update() { stats_.version_.store(version_ + 2, std::memory_order_release); }
        Update(const Update&) = delete;
        Update& operator=(const Update&) = delete;

      private:
        StatsRecorder& stats_;
        const std::uint64_t version_;
    };

    std::atomic<std::uint64_t> version_{0};
    std::array<std::atomic<std::int64_t>, kSlots> slots_{};
};

}  // namespace pinwheel
