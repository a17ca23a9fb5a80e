#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../../support/subprocess.h"
#include "../../support/temp_dir.h"

namespace pinwheel::test {

/// An independent server, started for a test; it ends with its object. Throws if it cannot be started: a
/// missing peer fails the test.
class Peer {
  public:
    /// Debian's python3-websockets, tests/live/peers/echo_server.py.
    [[nodiscard]] static std::unique_ptr<Peer> python(std::vector<std::string> options = {});
    /// Node's ws, tests/live/peers/echo_server.js.
    [[nodiscard]] static std::unique_ptr<Peer> node(std::vector<std::string> options = {});
    /// A conformance server on Node's ws, tests/live/peers/suite_server.js.
    [[nodiscard]] static std::unique_ptr<Peer> suite();
    /// nginx or haproxy as a TLS front before the server on `backend`; its files go to `folder`.
    [[nodiscard]] static std::unique_ptr<Peer> front(const std::string& program, std::uint16_t backend,
                                                     const std::string& cert, const std::string& key,
                                                     const TempDir& folder);

    /// tinyproxy or danted. With a user it demands that user and the password. Its files go to `folder`.
    [[nodiscard]] static std::unique_ptr<Peer> proxy(const std::string& program, const TempDir& folder,
                                                     const std::string& user = {},
                                                     const std::string& password = {});

    /// On 127.0.0.1.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] Subprocess& process() noexcept { return *process_; }
    /// Kills the server and starts it again on the same port.
    void restart();
    /// The echo servers' report on an ended connection: 'closed CODE REASON'.
    [[nodiscard]] std::string next_event() { return process_->read_line(); }

  private:
    explicit Peer(std::vector<std::string> argv);

    [[nodiscard]] std::uint16_t read_port() {
        return static_cast<std::uint16_t>(std::stoi(process_->read_line()));
    }

    std::vector<std::string> argv_;
    std::optional<Subprocess> process_;
    std::uint16_t port_;
};

}  // namespace pinwheel::test
