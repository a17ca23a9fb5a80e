#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../config/websocket_options.h"
#include "../policy/url_choice.h"
#include "../websocket/url.h"

namespace pinwheel::detail {

/// The URL and the upgrade of each attempt of a session: its own URL, the fallbacks, and the changes of
/// before_attempt. Threading: the reactor's thread.
class AttemptPlan {
  public:
    /// Throws WebSocketError for a URL that cannot be parsed.
    AttemptPlan(std::string_view url, const WebSocketOptions& options);

    /// The session's URL as given.
    [[nodiscard]] const std::string& given() const noexcept { return texts_.front(); }
    /// Of the attempt, or of the connection.
    [[nodiscard]] const Url& url() const noexcept { return url_; }
    /// The same for messages: without the query and the secrets.
    [[nodiscard]] std::string shown_url() const { return url_.without_query(hidden_); }
    /// True if an attempt may need TLS. before_attempt may select a wss URL.
    [[nodiscard]] bool may_need_tls() const noexcept { return may_need_tls_; }

    /// A connect() of the user.
    void restart() noexcept { choice_.restart(); }
    /// The attempt failed before the connection was up.
    void attempt_failed() noexcept { choice_.attempt_failed(); }
    /// Returns to the URL that is chosen, before an attempt.
    void select(const UpgradeOptions& upgrade);

    /// The input of before_attempt. Takes the values out of `connection`.
    [[nodiscard]] ConnectAttempt propose(ConnectionOptions& connection);
    /// Calls before_attempt. Throws WebSocketError in place of its exception.
    void ask(const Handler<void(ConnectAttempt&)>& before_attempt, ConnectAttempt& attempt) const;
    /// True unless propose() was called again: the handler has ended this attempt, and begun another.
    [[nodiscard]] bool is_current(const ConnectAttempt& attempt) const noexcept {
        return attempt.number == proposed_;
    }
    /// Puts the result of before_attempt into `connection`. Throws WebSocketError if it is invalid.
    void accept(ConnectAttempt attempt, ConnectionOptions& connection);

  private:
    std::vector<std::string> texts_;  // the session's URL, then the fallbacks
    std::vector<Url> urls_;           // the same
    UrlChoice choice_;
    Url url_;
    std::vector<std::string> hidden_;
    bool may_need_tls_;
    std::uint64_t proposed_ = 0;
};

}  // namespace pinwheel::detail
