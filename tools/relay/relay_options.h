#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../core/clock.h"

namespace pinwheel {

/// Options of a Relay; `url` and `venue` have no defaults.
struct RelayOptions {
    std::string url{};    ///< nats://HOST:PORT, or tls://HOST:PORT
    std::string venue{};  ///< the token behind the prefix, such as okx-v5
    std::string prefix = "md";
    std::string stream{};  ///< the JetStream stream; empty: none
    std::string name{};    ///< of this relay, in control messages; two relays of a stream need two names

    std::string credentials_file{};  ///< a .creds file, or a file with one line: `user:password` or a token
    std::string ca_file{};           ///< PEM file of trusted authorities, instead of the system's
    std::string certificate_file{};  ///< PEM file of this client's certificate
    std::string key_file{};          ///< and of its key

    /// A message of this age is not published to live subscribers: it goes to the stream alone, or nowhere.
    Duration max_age = std::chrono::seconds{1};
    /// For how long the stream recognises a message id, 2 to 10 s. A stream that is there keeps its own.
    Duration duplicates = std::chrono::seconds{5};
    Duration stream_age = std::chrono::hours{24};            ///< of the stream's oldest message
    std::int64_t stream_bytes = std::int64_t{1} << 30;       ///< of the stream
    std::size_t max_pending = std::size_t{1} << 18;          ///< messages taken and not acknowledged
    std::size_t max_pending_bytes = std::size_t{128} << 20;  ///< of these messages
    /// Messages without a number are recognised by their contents. False: each relay stores its own.
    bool content_ids = true;

    Duration connect_timeout = std::chrono::seconds{2};
    Duration ack_timeout = std::chrono::seconds{4};    ///< a connection that acknowledges nothing is replaced
    Duration drain_timeout = std::chrono::seconds{2};  ///< Relay::stop() waits for acknowledgements
};

/// Counts since the relay was made; messages, unless it says otherwise.
struct RelayStats {
    std::uint64_t taken = 0;          ///< out of the ring
    std::uint64_t published = 0;      ///< handed to the server, control messages and repetitions included
    std::uint64_t acknowledged = 0;   ///< of these, those that the server has confirmed
    std::uint64_t duplicates = 0;     ///< of these, those that the stream had already
    std::uint64_t late = 0;           ///< too old for live subscribers, published to the stream alone
    std::uint64_t skipped = 0;        ///< not published, since the stream is past their number
    std::uint64_t dropped = 0;        ///< not relayed, told on the control subject
    std::uint64_t ring_dropped = 0;   ///< that the ring had no room for, as it tells
    std::uint64_t failures = 0;       ///< calls, attempts and publications that failed
    std::uint64_t connects = 0;       ///< connections to the server
    std::uint64_t pending = 0;        ///< taken from the ring, and not acknowledged yet
    std::uint64_t pending_bytes = 0;  ///< payload of these
    Duration age{};                   ///< of the oldest pending message
    bool is_connected = false;
};

/// Appends the counts in Prometheus' text format. `labels` is such as `venue="one"`.
void append_prometheus(std::string& out, const RelayStats& stats, std::string_view labels = {});

}  // namespace pinwheel
