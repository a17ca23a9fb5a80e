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
#include "websocket_error.h"

namespace pinwheel {

class Session;

/// A WebSocket session over many connections: connects, keeps alive, reconnects, restores subscriptions. Its
/// user decides when a connection is cut and re-made.
///
/// Threading: the reactor's thread, but for stats() and the consumer's end of queue(). Nothing blocks but the
/// calls that are called waiting: they turn the reactor until what they wait for has come, and throw
/// WebSocketError (invalid_state) from inside a handler. Handlers may call everything else, the destructor
/// included. Allocates: at each attempt to connect; nothing while a connection is up, but for backlog to
/// send.
class WebSocketManager {
  public:
    /// Does not connect yet. Throws WebSocketError that names what is wrong with the URL or the options. The
    /// reactor, and the dialer if the options name one, must outlive the manager.
    WebSocketManager(Reactor& reactor, std::string_view url, WebSocketOptions options = {});
    /// Tries a close frame without waiting. No handler is called any more.
    ~WebSocketManager();
    /// A moved-from manager may only be destroyed, and no ConnectedScope may refer to it.
    WebSocketManager(WebSocketManager&&) noexcept = default;
    WebSocketManager& operator=(WebSocketManager&&) = delete;

    // What there is

    /// As it was given.
    [[nodiscard]] const std::string& url() const noexcept;
    /// Where the session is in its life.
    [[nodiscard]] ConnectionState state() const noexcept;
    /// True while messages can be sent.
    [[nodiscard]] bool is_connected() const noexcept { return state() == ConnectionState::connected; }
    /// Statistics up to now; from any thread.
    [[nodiscard]] WebSocketStats stats() const noexcept;
    /// Resets all counters, round trips and the ring's high-water mark. Queued messages are not affected.
    void reset_stats() noexcept;
    /// In the order in which they were made.
    [[nodiscard]] std::vector<std::string> subscriptions() const;
    /// Since the connection is up; 0 when it is not.
    [[nodiscard]] Duration connection_duration() const noexcept;
    /// The number of the connection that is or was up last, from 1; 0: there was none.
    [[nodiscard]] std::uint32_t generation() const noexcept;
    /// While an attempt waits, because it would break a limit that the dialer's connections share: until
    /// when. The state is CONNECTING or RECONNECTING meanwhile, as in any attempt.
    [[nodiscard]] std::optional<TimePoint> held_until() const noexcept;
    /// True from shutdown() or force_close() on.
    [[nodiscard]] bool is_shutdown() const noexcept;
    /// DISCONNECTED or CLOSED: nothing is open, and nothing is tried.
    [[nodiscard]] bool is_dead() const noexcept;
    /// Dead, but not on purpose for good: a watchdog may connect() again.
    [[nodiscard]] bool is_recoverable() const noexcept { return is_dead() && !is_shutdown(); }
    /// Why the last attempt or connection failed; ok since the last success, or if nothing has failed.
    [[nodiscard]] const Error& last_error() const noexcept;
    /// What the close frame of the last connection said (RFC 6455 sections 7.1.5 and 7.1.6); 1006 if there
    /// was none.
    [[nodiscard]] std::uint16_t close_code() const noexcept;
    /// As the peer wrote it; empty without one.
    [[nodiscard]] const std::string& close_reason() const noexcept;

    // Connecting and disconnecting

    /// Begins to connect, from DISCONNECTED or RECONNECTING, with a whole budget of tries; elsewhere only an
    /// alert.
    void connect();
    /// Disconnects at a time of the user's choosing, and connects again after `reconnect_after` if it is
    /// given. Throws WebSocketError (invalid_argument) if that is negative, or for a reason that is not
    /// proactive.
    void request_disconnect(std::optional<Duration> reconnect_after = std::nullopt,
                            DisconnectReason reason = DisconnectReason::user_requested);
    /// Reconnects after `delay`, from CONNECTED by a disconnect with SCHEDULED first. Throws as above.
    void schedule_reconnect(Duration delay);
    /// Closes in order (code 1000), may connect() again. Idempotent.
    void close();
    /// Resets the connection without a close frame, as if the network had: DISCONNECTED with KILLED.
    void kill();
    /// Closes in order (code 1000), for good: CLOSED.
    void shutdown();
    /// CLOSED at once; a close frame is tried without waiting.
    void force_close();

    // Sending

    /// Queues a text message. Throws WebSocketClosedError (1006) unless CONNECTED, WebSocketError if it is
    /// not UTF-8 (invalid_argument) or does not fit the send buffer (send_buffer_full); nothing of it is sent
    /// then.
    void send(std::string_view text);
    /// The same with a binary message.
    void send_binary(std::span<const std::byte> bytes);
    /// `json` is sent as text: a JsonValue, or anything else whose dump() gives its text.
    void send_json(const JsonValue& json) { send(json.dump()); }
    /// The same with what another JSON library holds.
    template <class Json>
    requires requires(const Json& json) {
        { json.dump() } -> std::convertible_to<std::string>;
    }
    void send_json(const Json& json) { send(std::string(json.dump())); }
    /// The same as values: ok, not_connected, invalid_argument or send_buffer_full.
    [[nodiscard]] Errc try_send(std::string_view text) noexcept;
    /// The same with a binary message.
    [[nodiscard]] Errc try_send_binary(std::span<const std::byte> bytes) noexcept;

    /// `send_json({})` sends `{}`, and `send_json({{"id", 7}})` an object.
    void send_json(std::initializer_list<JsonValue::Member> members) { send_json(JsonValue(members)); }

    /// Adds channels, and tells the server if CONNECTED; after every connect, and after on_connect, all are
    /// sent again, in order. What on_connect itself adds goes out with those, once. Throws WebSocketError
    /// (invalid_argument) for a name that is not UTF-8; nothing is added then.
    void subscribe(std::span<const std::string_view> channels);
    /// The same, channel by channel.
    template <std::convertible_to<std::string_view>... Channels>
    void subscribe(const Channels&... channels) {
        subscribe(std::span<const std::string_view>(std::initializer_list<std::string_view>{channels...}));
    }
    /// The same with what subscriptions() returns.
    void subscribe(std::span<const std::string> channels) {
        subscribe(std::vector<std::string_view>(channels.begin(), channels.end()));
    }
    /// Takes channels out, and tells the server if CONNECTED.
    void unsubscribe(std::span<const std::string_view> channels);
    /// The same with what subscriptions() returns.
    void unsubscribe(std::span<const std::string> channels) {
        unsubscribe(std::vector<std::string_view>(channels.begin(), channels.end()));
    }
    /// The same, channel by channel.
    template <std::convertible_to<std::string_view>... Channels>
    void unsubscribe(const Channels&... channels) {
        unsubscribe(std::span<const std::string_view>(std::initializer_list<std::string_view>{channels...}));
    }

    // Receiving. The ring is there unless an on_message without deliver_to_ring takes its place.

    /// Waiting: the next message out of the ring, there until the next call. Throws WebSocketTimeoutError;
    /// when nothing is queued and no connection is coming WebSocketReconnectError, WebSocketConnectionError,
    /// WebSocketProtocolError or WebSocketClosedError, by how that came; WebSocketError (invalid_state)
    /// without ring.
    [[nodiscard]] Message receive(std::optional<Duration> timeout = std::nullopt);
    /// Not waiting, and so for handlers, too: the message that is there now; nothing if there is none yet.
    /// Throws what receive() throws.
    [[nodiscard]] std::optional<Message> try_receive();
    /// A range over messages, carried across reconnects. Its increment is waiting: it ends after close(),
    /// another proactive disconnect without a plan, or CLOSED, and throws as receive() does after anything
    /// else. Before the first connect() it waits.
    [[nodiscard]] MessageStream stream();
    /// The ring, whose consumer's end may be used on one other thread in place of receive() and stream().
    /// Throws WebSocketError (invalid_state) if there is none.
    [[nodiscard]] MessageQueue& queue();

    // Waiting

    /// True once CONNECTED; false at the timeout, and when no connection is coming. If it was given up,
    /// throws WebSocketReconnectError after a loss, and for a connect() WebSocketTimeoutError (operation
    /// "connect") or WebSocketConnectionError.
    bool wait_connected(std::optional<Duration> timeout = std::nullopt);
    /// True once DISCONNECTED, RECONNECTING or CLOSED; false at the timeout.
    bool wait_disconnected(std::optional<Duration> timeout = std::nullopt);
    /// True once `should_reconnect` (else that of the options; with neither, at once) lets a connection be
    /// made; false at the timeout, and when CLOSED. While CLOSING it waits for the end of that first. Asks
    /// every reconnect_check_interval, and waits for a duration that it answers.
    bool wait_for_reconnect_window(const std::function<WindowAnswer()>& should_reconnect = {},
                                   std::optional<Duration> timeout = std::nullopt);

    // What the waiting calls look at, for loops of your own. These do not wait.

    /// What wait_connected() returns or throws now; nothing while it would wait.
    [[nodiscard]] std::optional<bool> connect_outcome() const;
    /// stream()'s next message that is there now; nothing if there is none.
    [[nodiscard]] std::optional<Message> try_next();
    /// After try_next() found nothing: true where stream() ends, false where it would wait. Throws what
    /// stream() throws.
    [[nodiscard]] bool stream_is_over() const;
    /// Asks once as wait_for_reconnect_window() does: when to connect, or when to ask again.
    [[nodiscard]] WindowPolicy::Step ask_reconnect_window(
        const std::function<WindowAnswer()>& should_reconnect = {});

  private:
    friend class ConnectedScope;
    friend class MessageStream;

    std::shared_ptr<Session> session_;
};

/// Connects at construction and closes at the end of its scope, as `async with` does.
class ConnectedScope {
  public:
    /// Waiting: throws what wait_connected() throws, WebSocketTimeoutError at the timeout, and
    /// WebSocketClosedError if a handler ended it. A connection that is not up by then is not tried further.
    explicit ConnectedScope(WebSocketManager& manager, std::optional<Duration> timeout = std::nullopt);
    /// close(), and outside of handlers waits for the end of the close handshake. Exceptions of handlers end
    /// here.
    ~ConnectedScope();
    ConnectedScope(const ConnectedScope&) = delete;
    ConnectedScope& operator=(const ConnectedScope&) = delete;

  private:
    const std::shared_ptr<Session> session_;  // a handler may destroy the manager
};

}  // namespace pinwheel
