#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "../../tools/feed/temporary_identity.h"
#include "contender.h"

namespace pinwheel::bench {

/// The server that all contenders meet: a process of its own on a core of its own, which spins while it has
/// clients. Its roles are those of `Role`, over ws and wss. Must be made before the process has threads.
class FastServer {
  public:
    /// Throws std::system_error if it cannot listen or start.
    explicit FastServer(int cpu);
    ~FastServer();
    FastServer(const FastServer&) = delete;
    FastServer& operator=(const FastServer&) = delete;

    [[nodiscard]] Target target(bool tls, std::string path, std::size_t payload_size) const;
    /// Bytes that the kernel has taken from it, of all connections so far.
    [[nodiscard]] std::uint64_t bytes_written() const noexcept;

  private:
    TemporaryIdentity identity_;
    std::atomic<std::uint64_t>* written_ = nullptr;  // in memory that both processes share
    std::uint16_t port_ = 0;
    std::uint16_t tls_port_ = 0;
    int child_ = -1;
};

/// The cores of client and server: the last two of the machine; the same one if there is only one.
[[nodiscard]] int client_cpu() noexcept;
[[nodiscard]] int server_cpu() noexcept;

}  // namespace pinwheel::bench
