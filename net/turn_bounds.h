#pragma once

#include <cstddef>
#include <cstdint>

namespace pinwheel::turn_bounds {

// The most work of each kind in one turn of the reactor. Work over a bound goes to the next turn, after all
// other waiting work. A turn always ends, whatever a peer sends. Due timers fire between turns.

/// Due timers, 30 ns each plus their callback.
inline constexpr int kTimers = 256;
/// Timers that move down a level of the wheel or become due: 10 ns each. A connection has four.
inline constexpr int kTimerMoves = 2048;
/// Posted calls. A thread that posts faster than the calls run must not hold the loop.
inline constexpr int kPostedCalls = 256;
/// Ready descriptors. epoll reports the remaining ones first at the next call, which costs 0.3 µs.
inline constexpr std::size_t kReadyDescriptors = 64;
/// Sources without a descriptor, and sockets that are read without epoll.
inline constexpr std::size_t kVisits = 64;
/// Connections that still hold unread bytes in user space.
inline constexpr int kRevisits = 64;

// For each connection, so that one peer does not take the turns of another.

/// WebSocket control frames, fragments and partial frames: 30 ns each, 0.1 µs with the handler of a pong. A
/// read of 128 KiB may hold 65,536 of them; a venue sends a few in a read.
inline constexpr int kDecodedFrames = 1024;
/// Bytes read. They bound the complete messages, which have at least 2 bytes each.
inline constexpr std::size_t kReadBytes = std::size_t{128} << 10;
/// Reads of a stream. Over TCP one read brings a batch. Over TLS it brings one record, possibly of one byte,
/// at 1 µs each.
inline constexpr int kReads = 128;
/// Pings of a read that are answered in order, in one write. Of further pings only the last is answered (RFC
/// 6455 section 5.5.3). Test suites send ten pings at once and expect ten pongs.
inline constexpr std::size_t kPongs = 16;

/// TLS records given to OpenSSL in one call that returns no data. A key update costs 5 to 20 µs. A usual
/// server flight of a handshake has 6 records.
inline constexpr int kRecordsWithoutData = 16;
/// Reads of the socket in one step of a TLS handshake, for a peer that sends single bytes: 0.3 µs each.
/// Their bytes are bounded by the records.
inline constexpr int kHandshakeReads = 64;

// For the life of a connection.

/// The excess of TLS records without data over those with data. Servers send a few tickets, and update keys
/// after millions of records. A peer beyond this bound breaks the protocol.
inline constexpr int kExcessRecordsWithoutData = 128;

}  // namespace pinwheel::turn_bounds
