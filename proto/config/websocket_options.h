#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../core/clock.h"
#include "../../core/handler.h"
#include "../../core/result.h"
#include "../../net/network.h"
#include "../delivery/message.h"
#include "../delivery/queue_sink.h"
#include "../policy/disconnect_reason.h"
#include "../policy/reconnect_policy.h"
#include "../policy/session_options.h"
#include "../policy/subscription_set.h"
#include "../policy/window_policy.h"
#include "../websocket/connection.h"
#include "websocket_limits.h"

namespace pinwheel {

class SessionObserver;

/// A fact of an alert, for example `dropped` and `12`.
struct AlertField {
    std::string_view name;  ///< for example `dropped`
    std::string value;      ///< as text
};
/// The facts of an alert. Valid during the call.
using AlertContext = std::span<const AlertField>;

/// An attempt to connect that is about to begin.
struct ConnectAttempt {
    std::string url{};                  ///< the manager's, or one of fallback_urls
    UpgradeOptions upgrade{};           ///< headers, subprotocols, compression
    std::vector<Endpoint> addresses{};  ///< in place of those of the URL's host
    std::uint64_t number = 0;           ///< of the manager's attempts, from 1
};

/// Options of a WebSocketManager; all have defaults. Handlers run on the reactor's thread, after the change
/// of state. They may call every method of the manager that does not wait, and may destroy the manager. An
/// exception of a handler leaves Reactor::poll(), or the call that caused the event. The manager stays valid.
struct WebSocketOptions {
    /// Any std::chrono duration converts to it.
    using Seconds = std::chrono::duration<double>;

    // Conditions. An exception is reported by on_alert and counts as "no".

    /// Called every disconnect_check_interval while CONNECTED. True disconnects.
    std::function<bool()> should_disconnect{};
    /// Called every reconnect_check_interval after a proactive disconnect. True connects now. False is asked
    /// again later. A duration connects after it.
    std::function<WindowAnswer()> should_reconnect{};

    // Handlers

    /// The state is CONNECTED.
    Handler<void()> on_connect{};
    /// Once for each connection that was up.
    Handler<void(DisconnectReason)> on_disconnect{};
    /// At most once in disconnect_alert_interval. `count`: the disconnects since the last call.
    Handler<void(DisconnectReason, std::uint64_t count)> on_disconnect_alert{};
    /// Each complete message. The view lies in the receive buffer, with 64 readable bytes after it, and is
    /// valid during the call. Statistics count the message at the end of its read.
    Handler<void(const Message&)> on_message{};
    /// Conditions that a person should see. The channel is "websocket". The views are valid during the call.
    Handler<void(std::string_view channel, std::string_view message, AlertContext context)> on_alert{};

    /// Before each attempt, which it may change: a URL with a new listen key, a signed header. Each attempt
    /// starts from the options. An exception and an invalid value fail the attempt.
    Handler<void(ConnectAttempt&)> before_attempt{};

    // Limits. An optional that is set overrides `config` and is not clamped. An unset one has the default of
    // kLimitRows.

    std::optional<Seconds> ping_interval{};  ///< 0: no pings
    std::optional<Seconds> ping_timeout{};   ///< for a pong; an unread pong counts as received
    /// True: any bytes of the peer count as life, not pongs alone. For venues that answer pings late.
    std::optional<bool> any_traffic_is_life{};
    std::optional<Seconds> connection_timeout{};   ///< of one try: DNS, TCP, TLS and upgrade together
    std::optional<Seconds> reconnect_delay{};      ///< before the first try
    std::optional<Seconds> max_reconnect_delay{};  ///< limit of the growing delay
    std::optional<std::uint32_t> max_reconnect_attempts{};  ///< the budget of tries, or kUnlimited
    std::optional<Seconds> stable_connection_time{};        ///< uptime after which the retry budget resets
    std::optional<Seconds> server_unavailable_delay{};      ///< least wait after a refusal for overload
    std::optional<Seconds> max_retry_after{};               ///< limit of the wait for a Retry-After
    std::optional<Seconds> disconnect_check_interval{};     ///< between calls of should_disconnect
    std::optional<Seconds> reconnect_check_interval{};      ///< between calls of should_reconnect
    std::optional<Seconds> disconnect_margin{};             ///< before the end of connection_lifetime
    std::optional<Seconds> disconnect_alert_interval{};     ///< between alerts of disconnects
    std::optional<std::uint32_t> queue_size{};              ///< in messages; 0: no limit
    std::optional<std::uint64_t> queue_bytes{};             ///< of the records of messages; 0: no limit
    /// From get_websocket_limits() or load_websocket_limits(), or the `limits` of a Config. The constructor
    /// throws an error in it.
    std::optional<Result<ResolvedLimits>> config{};

    // Reconnecting

    /// The sequence of delays.
    std::optional<ReconnectStrategy> reconnect_strategy{};
    bool auto_reconnect = true;                    ///< after a reactive disconnect
    std::optional<double> reconnect_jitter{};      ///< 0 to 1; 0: the exact schedule
    std::optional<std::uint64_t> jitter_seed{};    ///< not set: random
    std::optional<Seconds> connection_lifetime{};  ///< the venue's limit on a connection's age; 0: none

    // Messages

    /// Messages go to the ring and to on_message. on_message also receives messages that a full ring drops.
    bool deliver_to_ring = false;
    std::optional<OverflowPolicy> overflow{};  ///< when the ring is full
    /// receive() and stream() throw WebSocketQueueFullError where messages were dropped. If it is off, only
    /// the gap in the sequence numbers shows them.
    bool throw_on_dropped = false;
    /// In bytes; a larger message ends the connection with close code 1009.
    std::optional<std::size_t> max_message_size{};
    std::optional<std::size_t> send_buffer_limit{};  ///< bytes that may wait for the socket

    // The connection

    /// Extra headers, subprotocols, compression. A list that is not empty, and a flag that is set, override
    /// the config's.
    UpgradeOptions upgrade{};
    /// Addresses to connect to in place of those of the URL's host, in this order, as curl's --resolve. Host,
    /// SNI and the certificate's check keep the URL's host. A port of 0 stands for the URL's.
    std::vector<Endpoint> addresses{};
    std::optional<Seconds> close_timeout{};                         ///< of the close handshake
    std::shared_ptr<const SubscriptionCodec> subscription_codec{};  ///< null: JsonSubscriptionCodec
    /// Further URLs for the same feed. An attempt that failed is followed by one with the next URL, and the
    /// last by the first. A reconnect tries the URL that worked first, connect() the manager's.
    std::vector<std::string> fallback_urls{};
    /// Subscriptions are sent at on_authenticated(), and not after on_connect.
    bool hold_subscriptions = false;
    /// The network. Ignored if `dialer` is set.
    NetworkOptions network{};
    /// Receives each step of the session. Not owned, must outlive the manager.
    SessionObserver* observer = nullptr;
    /// Shared by several managers, or scripted by a test. Not owned, must outlive the manager.
    Dialer* dialer = nullptr;
};

/// Checked options, with all limits resolved.
struct SessionSettings {
    SessionOptions session{};
    ConnectionOptions connection{};
    std::uint32_t queue_size = 0;
    std::uint64_t queue_bytes = 0;
    OverflowPolicy overflow{};
    Duration disconnect_alert_interval{};
};

/// The error names the field with an invalid value: negative, NaN, infinite, or in conflict with another
/// field.
[[nodiscard]] Result<SessionSettings> resolve(const WebSocketOptions& options);

}  // namespace pinwheel
