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

/// Options of all commands that connect.
struct ClientOptions {
    std::string command{};  // for messages
    std::string url{};
    std::string fallback_url{};  // used if neither this nor the config has a URL
    std::string config_file{};   // the source of values that are not given here
    std::string ca_file{};
    std::string certificate_file{};
    std::string key_file{};
    bool dangerously_disable_certificate_verification = false;
    std::vector<std::string> headers{};           // "Name: value"
    std::vector<std::string> header_files{};      // such lines
    std::vector<std::string> header_variables{};  // "Name=VARIABLE"
    std::vector<std::string> subprotocols{};
    std::string proxy{};          // a URL, or "none"; empty: from the environment
    std::optional<bool> epoll{};  // unset, also in the config: the command's default
    std::optional<int> cpu{};
    std::optional<double> timeout{};  // of the connection attempt, in seconds
};

/// An error of the command line or of a file that it names: exit status 2.
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
    /// The options from the config file and the command line. The URL is set.
    [[nodiscard]] const Config& config() const noexcept { return config_; }
    /// Options of a bare connection.
    [[nodiscard]] const ConnectionOptions& connection_options() const noexcept { return connection_options_; }
    /// Options of a session, to be extended.
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

/// Allows the calling thread to run on all cores except the one of a Client's pinned thread.
void leave_pinned_core() noexcept;

/// Runs the reactor until it is stopped. SIGINT and SIGTERM stop it.
void run_until_stopped(Reactor& reactor);
/// Turns the reactor until `done` returns true, or a signal comes. Calls `done` after each turn.
void run_until(Reactor& reactor, FunctionRef<bool()> done);
/// True once a signal has requested the end.
[[nodiscard]] bool interrupted() noexcept;

/// SIGINT and SIGTERM set interrupted() instead of ending the program.
void catch_signals();
/// The same for SIGHUP, unless it is ignored (nohup), and SIGQUIT: for commands that must remove files.
void catch_hangups();

/// Prints `pinwheel: message` to stderr, with the names of the command's options instead of the library's.
void complain(std::string message);
/// Prints why clients of a listener wait. Allocates: nothing.
struct ComplainOfExhaustion {
    void operator()(Errc reason) const noexcept;
};
inline constexpr ComplainOfExhaustion complain_of_exhaustion{};
/// The text of a library's error, without the generic part at its end.
[[nodiscard]] std::string reason_of(const std::system_error& error);

}  // namespace pinwheel::tool
