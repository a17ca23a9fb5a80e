#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../support/subprocess.h"
#include "../../support/temp_dir.h"

namespace pinwheel::test {

/// A nats-server on a port, with its own store, which survives stop() and kill(). Fails without the program:
/// run tools/setup. The destructor ends it.
class NatsServer {
  public:
    /// `more` is appended to the configuration. `before` precedes the command, for example `ip netns exec
    /// NAME`.
    explicit NatsServer(const std::string& more = {}, std::string host = "127.0.0.1",
                        std::vector<std::string> before = {});

    /// Starts it, again on the same port, and waits until it listens.
    void start();
    /// Ends it by a signal, and waits.
    void stop(int signal);
    void signal(int number) { process_->signal(number); }

    [[nodiscard]] std::string url(const std::string& scheme = "nats") const {
        return scheme + "://" + host_ + ":" + std::to_string(port_);
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string store() const { return folder_.path("store"); }

  private:
    const TempDir folder_;
    const std::string host_;
    const std::vector<std::string> before_;
    const std::uint16_t port_;
    std::optional<Subprocess> process_;
};

}  // namespace pinwheel::test
