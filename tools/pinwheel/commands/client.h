#pragma once

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "../../../core/function_ref.h"
#include "../../../net/network.h"
#include "../../../net/reactor.h"
#include "../../../proto/config/config.h"
#include "../../../proto/config/websocket_options.h"
#include "../../../proto/websocket/connection.h"

namespace pinwheel::tool {

/// What all commands that connect have in common.
struct ClientOptions {
    std::string command{};  // for messages
    std::string url{};
    std::string fallback_url{};  // if there is none here nor in the config
    std::string config_file{};   // what is not given here stands there
    std::string ca_file{};
    std::vector<std::string> headers{};  // "Name: value"
    std::string proxy{};                 // a URL, or "none"; empty: what the environment says
    std::optional<bool> epoll{};         // nothing, and no config: spin
    std::optional<int> cpu{};
    std::optional<double> timeout{};  // of the connection attempt, in seconds
};

/// An error of the command line or of what it names: exit status 2.
struct UsageError {
    std::string message;
};

/// Reactor and network for one client. Throws UsageError.
class Client {
  public:
    explicit Client(const ClientOptions& options);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] const Url& url() const noexcept { return *url_; }
    [[nodiscard]] Reactor& reactor() noexcept { return *reactor_; }
    [[nodiscard]] Dialer& dialer() noexcept { return *network_; }
    /// What the config file and the command line come to; the URL is there.
    [[nodiscard]] const Config& config() const noexcept { return config_; }
    /// For a bare connection.
    [[nodiscard]] const ConnectionOptions& connection_options() const noexcept { return connection_options_; }
    /// For a session, to be added to.
    [[nodiscard]] WebSocketOptions session_options();

  private:
    const bool has_config_;
    const Config config_;
    Result<Url> url_;
    std::optional<Duration> timeout_;
    ConnectionOptions connection_options_;
    std::unique_ptr<Reactor> reactor_;
    std::unique_ptr<Network> network_;
};

/// Lets the calling thread run on every core but the one that a Client has pinned its own thread to.
void leave_pinned_core() noexcept;

/// Runs the reactor until it is stopped; SIGINT and SIGTERM stop it.
void run_until_stopped(Reactor& reactor);
/// Turns the reactor until `done` says so, or a signal. Asks after each turn.
void run_until(Reactor& reactor, FunctionRef<bool()> done);
/// True once a signal has asked to stop.
[[nodiscard]] bool interrupted() noexcept;

/// SIGINT and SIGTERM make interrupted() true, in place of ending the program.
void catch_signals();
/// The same for SIGHUP, unless it is ignored (nohup), and SIGQUIT: for what has files to remove.
void catch_hangups();

/// Prints `pinwheel: message` to stderr, with the command's options in place of the library's.
void complain(std::string message);
/// Tells why clients of a listener wait. Allocates: nothing.
struct ComplainOfExhaustion {
    void operator()(Errc reason) const noexcept;
};
inline constexpr ComplainOfExhaustion complain_of_exhaustion{};
/// What a library's error says, without the general words behind it.
[[nodiscard]] std::string reason_of(const std::system_error& error);

}  // namespace pinwheel::tool
