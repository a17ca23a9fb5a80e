#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "relay_options.h"

namespace pinwheel {

/// What is read, and from where.
struct NatsReadOptions {
    RelayOptions server{};                ///< URL, credentials, authorities, prefix
    std::string subject{};                ///< may have wildcards; late messages of it are read as well
    std::string stream{};                 ///< empty: the one that captures the subject
    std::optional<SystemTime> since{};    ///< from the stream: stored at this time or later
    std::optional<std::uint64_t> last{};  ///< from the stream: so many of the newest

    [[nodiscard]] bool is_from_stream() const noexcept { return since || last || !stream.empty(); }
};

/// A message that a relay has published.
struct NatsRecord {
    std::string subject{};  ///< of a late message the live one
    std::string payload{};
    std::string id{};                   ///< Nats-Msg-Id; may be empty
    std::int64_t kernel_ns = 0;         ///< Pw-Kernel-Ns; 0: not told
    std::uint64_t generation = 0;       ///< Pw-Generation
    std::uint64_t stream_sequence = 0;  ///< 0: not from a stream
    bool is_late = false;
};

/// Reads what relays publish: live from the subject, or from the stream, and then on. A connection that ends
/// is made again; what is read from the stream goes on behind the last message. A live subject that two
/// relays publish to gives each message once. Threading: one thread. Allocates: for each message.
class NatsReader {
  public:
    /// Hears of ends of connections, and of their return.
    using Alert = std::function<void(std::string_view)>;

    /// Connects. Throws std::invalid_argument that names the option that cannot be used, std::runtime_error
    /// if the server or the stream cannot be had.
    NatsReader(const NatsReadOptions& options, Alert alert);
    ~NatsReader();
    NatsReader(const NatsReader&) = delete;
    NatsReader& operator=(const NatsReader&) = delete;

    /// The next message, there until the next call; null if none came within this time, at most.
    [[nodiscard]] const NatsRecord* next(Duration most);
    /// Connections made after the first.
    [[nodiscard]] std::uint64_t reconnects() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
