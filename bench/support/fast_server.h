#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "../../tools/feed/temporary_identity.h"
#include "contender.h"

namespace pinwheel::bench {

/// The server of all contenders: a process of its own on its own core, which spins while it has clients. Its
/// roles are those of `Role`, over ws and wss. Construct it before the process has threads.
class FastServer {
  public:
    /// Throws std::system_error if it cannot listen or start.
    explicit FastServer(int cpu);
    ~FastServer();
    FastServer(const FastServer&) = delete;
    FastServer& operator=(const FastServer&) = delete;

    [[nodiscard]] Target target(bool tls, std::string path, std::size_t payload_size) const;
    /// The bytes that the kernel has taken from it, over all connections.
    [[nodiscard]] std::uint64_t bytes_written() const noexcept;

  private:
    TemporaryIdentity identity_;
    std::atomic<std::uint64_t>* written_ = nullptr;  // in memory that both processes share
    std::uint16_t port_ = 0;
    std::uint16_t tls_port_ = 0;
    int child_ = -1;
};

/// The cores of client and server: the last two of the machine, or the only one.
[[nodiscard]] int client_cpu() noexcept;
[[nodiscard]] int server_cpu() noexcept;

}  // namespace pinwheel::bench
