#pragma once

#include <cstddef>
#include <cstdint>

namespace pinwheel::turn_bounds {

// The most work of each kind in one turn of the reactor. Work over a bound goes to the next turn, after all
// other waiting work. A turn ends whatever a peer sends; due timers fire between turns.

/// Due timers, 30 ns each plus their callback.
inline constexpr int kTimers = 256;
/// Timers that move down a level of the wheel, or to those that are due: 10 ns each. A connection has four.
inline constexpr int kTimerMoves = 2048;
/// Posted calls: a thread that posts faster than the calls run must not hold the loop.
inline constexpr int kPostedCalls = 256;
/// Ready descriptors. epoll reports those left over first at the next look, which costs 0.3 µs.
inline constexpr std::size_t kReadyDescriptors = 64;
/// Sources without a descriptor, and sockets that are read without epoll.
inline constexpr std::size_t kVisits = 64;
/// Connections that still hold unread bytes in user space.
inline constexpr int kRevisits = 64;

// For each connection, since one peer must not take the turns of another.

/// TLS records given to OpenSSL in one call that returns no data. A key update costs 5 to 20 µs. A usual
/// server flight of a handshake has 6 records.
inline constexpr int kRecordsWithoutData = 16;
/// Reads of the socket in one step of a TLS handshake, for a peer that sends single bytes: 0.3 µs each.
/// Their bytes are bounded by the records.
inline constexpr int kHandshakeReads = 64;

// For the life of a connection.

/// By how many TLS records without data may outnumber those with data. Servers send at most a few tickets and
/// update keys after millions of records; a peer that goes beyond breaks the protocol.
inline constexpr int kExcessRecordsWithoutData = 128;

}  // namespace pinwheel::turn_bounds
