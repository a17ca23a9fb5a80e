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
    std::string venue{};  ///< the token behind the prefix, for example okx-v5
    std::string prefix = "md";
    std::string stream{};  ///< the JetStream stream; empty: none
    std::string name{};    ///< of this relay, in control messages; relays of one stream need different names

    std::string credentials_file{};  ///< a .creds file, or a file with one line: `user:password` or a token
    std::string ca_file{};           ///< PEM file of trusted authorities, instead of the system's
    std::string certificate_file{};  ///< PEM file of this client's certificate
    std::string key_file{};          ///< PEM file of its key

    /// A message of this age is not published to live subscribers. It goes to the stream only, if there is
    /// one.
    Duration max_age = std::chrono::seconds{1};
    /// The time for which the stream recognises a message id, 2 to 10 s. An existing stream keeps its own.
    Duration duplicates = std::chrono::seconds{5};
    Duration stream_age = std::chrono::hours{24};            ///< of the stream's oldest message
    std::int64_t stream_bytes = std::int64_t{1} << 30;       ///< of the stream
    std::size_t max_pending = std::size_t{1} << 19;          ///< messages taken and not acknowledged
    std::size_t max_pending_bytes = std::size_t{128} << 20;  ///< of these messages
    /// Recognises messages without a number by their contents. False: each relay stores its own.
    bool content_ids = true;

    Duration connect_timeout = std::chrono::seconds{2};
    Duration ack_timeout = std::chrono::seconds{4};    ///< a silent connection is replaced
    Duration drain_timeout = std::chrono::seconds{2};  ///< Relay::stop() waits for acknowledgements
};

/// Counts since the construction of the relay, in messages unless stated otherwise.
struct RelayStats {
    std::uint64_t taken = 0;          ///< from the ring
    std::uint64_t published = 0;      ///< given to the server, including control messages and repetitions
    std::uint64_t acknowledged = 0;   ///< confirmed by the server
    std::uint64_t duplicates = 0;     ///< of these, already in the stream
    std::uint64_t late = 0;           ///< too old for live subscribers, published to the stream alone
    std::uint64_t skipped = 0;        ///< not published, because the stream is past their number
    std::uint64_t dropped = 0;        ///< not relayed, reported on the control subject
    std::uint64_t ring_dropped = 0;   ///< that did not fit the ring
    std::uint64_t failures = 0;       ///< failed calls, attempts and publications
    std::uint64_t connects = 0;       ///< connections to the server
    std::uint64_t pending = 0;        ///< taken from the ring, not acknowledged yet
    std::uint64_t pending_bytes = 0;  ///< their payload
    Duration age{};                   ///< of the oldest pending message
    bool is_connected = false;
};

/// Appends the counts in Prometheus' text format. `labels` is, for example, `venue="one"`.
void append_prometheus(std::string& out, const RelayStats& stats, std::string_view labels = {});

}  // namespace pinwheel
