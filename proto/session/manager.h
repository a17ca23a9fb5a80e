#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/message_queue.h"
#include "../../net/reactor.h"
#include "../config/websocket_options.h"
#include "../delivery/message.h"
#include "../delivery/stats.h"
#include "../policy/connection_state.h"
#include "../policy/disconnect_reason.h"
#include "../policy/window_policy.h"
#include "../text/json_value.h"
#include "message_stream.h"
#include "prepared_message.h"
#include "websocket_error.h"

namespace pinwheel {

class Session;

/// A WebSocket session over many connections: connects, keeps alive, reconnects, restores subscriptions. Its
/// user decides when a connection is cut and made again.
///
/// Threading: the reactor's thread, except stats() and the consumer's end of queue(). Only calls marked
/// "Waiting" block: they turn the reactor until their condition holds, and throw WebSocketError
/// (invalid_state) inside a handler. Handlers may make all other calls, including the destructor. Allocates:
/// at each attempt to connect. While a connection is up: only for a backlog.
class WebSocketManager {
  public:
    /// Does not connect yet. Throws WebSocketError that names the fault of the URL or the options. The
    /// reactor, and the dialer of the options if set, must outlive the manager.
    WebSocketManager(Reactor& reactor, std::string_view url, WebSocketOptions options = {});
    /// Tries to send a close frame without waiting. No handler is called from here on.
    ~WebSocketManager();
    /// A moved-from manager may only be destroyed. No ConnectedScope may refer to it.
    WebSocketManager(WebSocketManager&&) noexcept = default;
    WebSocketManager& operator=(WebSocketManager&&) = delete;

    // What there is

    /// As given.
    [[nodiscard]] const std::string& url() const noexcept;
    /// Where the session is in its life.
    [[nodiscard]] ConnectionState state() const noexcept;
    /// True while messages can be sent.
    [[nodiscard]] bool is_connected() const noexcept { return state() == ConnectionState::connected; }
    /// The current statistics. From any thread.
    [[nodiscard]] WebSocketStats stats() const noexcept;
    /// Resets all counters, round trips and the ring's high-water mark. Queued messages are not affected.
    void reset_stats() noexcept;
    /// In the order of subscription.
    [[nodiscard]] std::vector<std::string> subscriptions() const;
    /// The time since the connection came up; 0 if none is up.
    [[nodiscard]] Duration connection_duration() const noexcept;
    /// The number of the current or last connection, from 1; 0: there was none.
    [[nodiscard]] std::uint32_t generation() const noexcept;
    /// The end of the wait of an attempt that would exceed a limit of the dialer's connections. Nothing if no
    /// attempt waits. The state is CONNECTING or RECONNECTING meanwhile, as in any attempt.
    [[nodiscard]] std::optional<TimePoint> held_until() const noexcept;
    /// The connection that is up: addresses, round trip and retransmits of TCP, unread bytes, core and queue
    /// of its packets, TLS, subprotocol, headers of the answer. Nothing unless CONNECTED. Makes system calls
    /// and allocates.
    [[nodiscard]] std::optional<ConnectionInfo> connection_info() const;
    /// True after shutdown() or force_close().
    [[nodiscard]] bool is_shutdown() const noexcept;
    /// DISCONNECTED or CLOSED: nothing is open, and no attempt is made.
    [[nodiscard]] bool is_dead() const noexcept;
    /// Dead, but not ended permanently by the user: a watchdog may connect() again.
    [[nodiscard]] bool is_recoverable() const noexcept { return is_dead() && !is_shutdown(); }
    /// The error of the last failed attempt or connection. ok after a success, and if there was no failure.
    [[nodiscard]] const Error& last_error() const noexcept;
    /// The code of the last connection's close frame (RFC 6455 sections 7.1.5 and 7.1.6); 1006 if there was
    /// none.
    [[nodiscard]] std::uint16_t close_code() const noexcept;
    /// As the peer wrote it; empty if there was none.
    [[nodiscard]] const std::string& close_reason() const noexcept;

    // Connecting and disconnecting

    /// Begins to connect, from DISCONNECTED or RECONNECTING, with a full retry budget. In other states it
    /// only alerts.
    void connect();
    /// Disconnects at a time of the user's choice, and connects again after `reconnect_after` if set. Throws
    /// WebSocketError (invalid_argument) if that is negative, or for a reason that is not proactive.
    void request_disconnect(std::optional<Duration> reconnect_after = std::nullopt,
                            DisconnectReason reason = DisconnectReason::user_requested);
    /// Reconnects after `delay`. From CONNECTED it disconnects first, with SCHEDULED. Throws like
    /// request_disconnect().
    void schedule_reconnect(Duration delay);
    /// Closes in order (code 1000). connect() may follow. Idempotent.
    void close();
    /// Resets the connection without a close frame, like a network failure: DISCONNECTED with KILLED.
    void kill();
    /// Closes in order (code 1000), permanently: CLOSED.
    void shutdown();
    /// CLOSED at once. Tries to send a close frame without waiting.
    void force_close();

    // Sending

    /// Queues a text message. Throws WebSocketClosedError (1006) unless CONNECTED, and WebSocketError if the
    /// text is not UTF-8 (invalid_argument) or does not fit the send buffer (send_buffer_full). On an
    /// exception nothing of it is sent.
    void send(std::string_view text);
    /// The same with a binary message.
    void send_binary(std::span<const std::byte> bytes);
    /// Sends `json` as text: a JsonValue, or any object whose dump() returns its text.
    void send_json(const JsonValue& json) { send(json.dump()); }
    /// The same with a value of another JSON library.
    template <class Json>
    requires requires(const Json& json) {
        { json.dump() } -> std::convertible_to<std::string>;
    }
    void send_json(const Json& json) { send(std::string(json.dump())); }
    /// The same with the outcome as return value: ok, not_connected, invalid_argument or send_buffer_full.
    [[nodiscard]] Errc try_send(std::string_view text) noexcept;
    /// The same with a binary message.
    [[nodiscard]] Errc try_send_binary(std::span<const std::byte> bytes) noexcept;

    /// Sends a message that was checked before. Throws as send() does.
    void send(const PreparedMessage& message);
    /// The same as a value: ok, not_connected or send_buffer_full.
    [[nodiscard]] Errc try_send(const PreparedMessage& message) noexcept;

    /// `send_json({})` sends `{}`, and `send_json({{"id", 7}})` an object.
    void send_json(std::initializer_list<JsonValue::Member> members) { send_json(JsonValue(members)); }

    /// Adds channels, and subscribes them if CONNECTED. After every connect, and after on_connect, all
    /// channels are sent again, in order. Channels that on_connect itself adds are sent with them, once.
    /// Throws WebSocketError (invalid_argument) for a name that is not UTF-8; no channel is added then.
    void subscribe(std::span<const std::string_view> channels);
    /// The same, channel by channel.
    template <std::convertible_to<std::string_view>... Channels>
    void subscribe(const Channels&... channels) {
        subscribe(std::span<const std::string_view>(std::initializer_list<std::string_view>{channels...}));
    }
    /// The same with the result of subscriptions().
    void subscribe(std::span<const std::string> channels) {
        subscribe(std::vector<std::string_view>(channels.begin(), channels.end()));
    }
    /// Removes channels, and unsubscribes them if CONNECTED.
    void unsubscribe(std::span<const std::string_view> channels);
    /// The same with the result of subscriptions().
    void unsubscribe(std::span<const std::string> channels) {
        unsubscribe(std::vector<std::string_view>(channels.begin(), channels.end()));
    }
    /// The same, channel by channel.
    template <std::convertible_to<std::string_view>... Channels>
    void unsubscribe(const Channels&... channels) {
        unsubscribe(std::span<const std::string_view>(std::initializer_list<std::string_view>{channels...}));
    }

    /// With hold_subscriptions: the server has accepted the login, so that the subscriptions may be sent.
    /// Once for each connection. Does nothing unless CONNECTED.
    void on_authenticated();

    // Receiving. There is a ring unless on_message is set without deliver_to_ring.

    /// Waiting: the next message of the ring, valid until the next call. Throws WebSocketTimeoutError at the
    /// timeout. If the ring is empty and no connection is coming, throws WebSocketReconnectError,
    /// WebSocketConnectionError, WebSocketProtocolError or WebSocketClosedError, by the cause. Throws
    /// WebSocketError (invalid_state) without a ring.
    [[nodiscard]] Message receive(std::optional<Duration> timeout = std::nullopt);
    /// Not waiting, so allowed in handlers: the next message of the ring; nothing if the ring is empty.
    /// Throws like receive().
    [[nodiscard]] std::optional<Message> try_receive();
    /// A range over messages that continues across reconnects. Its increment is waiting. It ends after
    /// close(), after another proactive disconnect without a plan, and at CLOSED. After anything else it
    /// throws like receive(). Before the first connect() it waits.
    [[nodiscard]] MessageStream stream();
    /// The ring. One other thread may use its consumer's end, instead of receive() and stream(). Throws
    /// WebSocketError (invalid_state) without a ring.
    [[nodiscard]] MessageQueue& queue();

    // Waiting

    /// Waiting: true once CONNECTED. False at the timeout, and if no connection is coming. If the session
    /// gave up, throws WebSocketReconnectError after a loss, and for a connect() WebSocketTimeoutError
    /// (operation "connect") or WebSocketConnectionError.
    bool wait_connected(std::optional<Duration> timeout = std::nullopt);
    /// Waiting: true once DISCONNECTED, RECONNECTING or CLOSED. False at the timeout.
    bool wait_disconnected(std::optional<Duration> timeout = std::nullopt);
    /// Waiting: true once `should_reconnect` allows a connection. False at the timeout, and when CLOSED.
    /// Without it the callback of the options counts; without both it is true at once. While CLOSING it first
    /// waits for the end of that. Asks every reconnect_check_interval, and waits for a duration that the
    /// callback returns.
    bool wait_for_reconnect_window(const std::function<WindowAnswer()>& should_reconnect = {},
                                   std::optional<Duration> timeout = std::nullopt);

    // The conditions of the waiting calls, for loops of your own. These do not wait.

    /// The result or exception of wait_connected() at this moment; nothing while it would wait.
    [[nodiscard]] std::optional<bool> connect_outcome() const;
    /// The next message of stream(), if there is one.
    [[nodiscard]] std::optional<Message> try_next();
    /// After try_next() returned nothing: true where stream() ends, false where it would wait. Throws like
    /// stream().
    [[nodiscard]] bool stream_is_over() const;
    /// Asks the callback of wait_for_reconnect_window() once: when to connect, or when to ask again.
    [[nodiscard]] WindowPolicy::Step ask_reconnect_window(
        const std::function<WindowAnswer()>& should_reconnect = {});

  private:
    friend class ConnectedScope;
    friend class MessageStream;
    friend class SendRing;

    std::shared_ptr<Session> session_;
};

/// Connects at construction and closes at the end of its scope, like Python's `async with`.
class ConnectedScope {
  public:
    /// Waiting: throws like wait_connected(), WebSocketTimeoutError at the timeout, and WebSocketClosedError
    /// if a handler ended the session. A connection that is not up by then is abandoned.
    explicit ConnectedScope(WebSocketManager& manager, std::optional<Duration> timeout = std::nullopt);
    /// Calls close(). Outside of handlers it waits for the end of the close handshake. Exceptions of handlers
    /// end here.
    ~ConnectedScope();
    ConnectedScope(const ConnectedScope&) = delete;
    ConnectedScope& operator=(const ConnectedScope&) = delete;

  private:
    const std::shared_ptr<Session> session_;  // keeps the session if a handler destroys the manager
};

}  // namespace pinwheel
