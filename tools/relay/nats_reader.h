#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "relay_options.h"

namespace pinwheel {

/// The source of the messages, and where to begin.
struct NatsReadOptions {
    RelayOptions server{};                ///< URL, credentials, authorities, prefix
    std::string subject{};                ///< may have wildcards; also reads their late messages
    std::string stream{};                 ///< empty: the stream that captures the subject
    std::optional<SystemTime> since{};    ///< from the stream: stored at this time or later
    std::optional<std::uint64_t> last{};  ///< from the stream: this many of the newest

    [[nodiscard]] bool is_from_stream() const noexcept { return since || last || !stream.empty(); }
};

/// A message published by a relay.
struct NatsRecord {
    std::string subject{};  ///< of a late message, the live one
    std::string payload{};
    std::string id{};                   ///< Nats-Msg-Id; may be empty
    std::int64_t kernel_ns = 0;         ///< Pw-Kernel-Ns; 0: not given
    std::uint64_t generation = 0;       ///< Pw-Generation
    std::uint64_t stream_sequence = 0;  ///< 0: not from a stream
    bool is_late = false;
};

/// Reads the messages of relays: live from the subject, or from the stream and then on. A lost connection is
/// made again; reading of a stream continues behind the last message. A live subject of two relays gives each
/// message once. Threading: one thread. Allocates: for each message.
class NatsReader {
  public:
    /// Called when a connection ends or returns.
    using Alert = std::function<void(std::string_view)>;

    /// Connects. Throws std::invalid_argument that names the invalid option, and std::runtime_error if the
    /// server or the stream is not available.
    NatsReader(const NatsReadOptions& options, Alert alert);
    ~NatsReader();
    NatsReader(const NatsReader&) = delete;
    NatsReader& operator=(const NatsReader&) = delete;

    /// The next message, valid until the next call; null if none comes within this time.
    [[nodiscard]] const NatsRecord* next(Duration most);
    /// The number of connections made after the first.
    [[nodiscard]] std::uint64_t reconnects() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
