#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "../../../core/random.h"
#include "../../../net/endpoint.h"
#include "../../../net/unique_fd.h"
#include "../../../tools/feed/cert_authority.h"

namespace pinwheel::test {

/// The kind of a flood. Each is expensive for the client and useless.
enum class Flood : std::uint8_t {
    pings,                 ///< T2: empty pings, 65,000 a write
    pings_and_fragments,   ///< T2: fragments of one byte, a ping behind each
    empty_fragments,       ///< of a text message that never ends
    hello_requests,        ///< T1: TLS 1.2, inside the handshake
    key_updates,           ///< T3: TLS 1.3, no data between them
    answered_key_updates,  ///< T3: the same, each demanding an answer
    stuck_answers,         ///< T4: key updates that demand answers, which the server never reads
};
inline constexpr std::size_t kFloods = 7;
inline constexpr std::array<std::string_view, kFloods> kFloodNames{
    "pings",       "pings and fragments",  "empty fragments", "hello requests",
    "key updates", "answered key updates", "stuck answers"};

/// A server on 127.0.0.1 that floods its clients one after the other, on each port with the next kind. It
/// also runs a hostile client of a metrics server. The seed determines the sizes and the order of the visits.
/// Blocking, on threads that end with the process: run it in a separate process.
class FloodServer {
  public:
    FloodServer(std::uint64_t seed, Identity identity, std::uint16_t metrics_port);

    [[nodiscard]] std::uint16_t plain_port() const noexcept { return plain_.port; }
    [[nodiscard]] std::uint16_t secure_port() const noexcept { return secure_.port; }
    /// The number of connections for each kind, and how the visits ended. From any thread.
    [[nodiscard]] std::string describe() const;
    /// The kinds without any connection, as words; empty if there are none.
    [[nodiscard]] std::string missing() const;

  private:
    struct Port {
        Port();
        UniqueFd fd;
        std::uint16_t port = 0;
    };

    void serve_plain(std::uint64_t seed);
    void serve_secure(std::uint64_t seed);
    void visit_metrics(std::uint64_t seed);
    void flood(int fd, Flood kind, SeededRandom& random);
    void flood_secure(int fd, Flood kind, SeededRandom& random);

    const Identity identity_;
    const Endpoint metrics_;
    const Port plain_;
    const Port secure_;
    std::array<std::atomic<std::uint64_t>, kFloods> served_{};
    std::atomic<std::uint64_t> visits_{0};
    std::atomic<std::uint64_t> answered_{0};
};

}  // namespace pinwheel::test
