#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/error.h"
#include "../../net/dialer.h"
#include "../../net/network.h"
#include "../../net/reactor.h"
#include "../config/websocket_options.h"
#include "../delivery/delivery.h"
#include "../delivery/stats.h"
#include "../policy/alert_throttle.h"
#include "../policy/session_fsm.h"
#include "../policy/subscription_set.h"
#include "../websocket/connection.h"
#include "../websocket/opcode.h"
#include "../websocket/url.h"
#include "attempt_plan.h"
#include "observer.h"

namespace pinwheel {

/// Carries out SessionFsm's decisions: makes and drops connections, arms timers, calls handlers, keeps
/// statistics. Owned by a WebSocketManager, which adds the waiting calls. Threading: the reactor's thread,
/// except stats(). Invariant: a connection exists exactly while the machine has a transport, except while an
/// attempt is held, and briefly after a connection that failed to start. Allocates: at each attempt. While a
/// connection is up: only for a backlog.
class Session final : private ConnectionHandler, private DeliveryOwner {
  public:
    /// The end of a connect() or of a reconnect.
    struct Failure {
        Errc error = Errc::ok;  ///< retries_exhausted, or the permanent error
        Error cause{};          ///< the error of the last try, or of the loss
        std::uint32_t attempts = 0;
        bool of_connect = false;  ///< of a connect() that has not succeeded yet
    };

    /// Throws WebSocketError for invalid options.
    Session(Reactor& reactor, std::string_view url, WebSocketOptions options);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Gives the event to the machine and executes the effects. Exceptions of handlers pass through at the
    /// end.
    void feed(const SessionEvent::Any& event);
    /// Ends permanently without another call to any handler.
    void retire();

    /// ok, not_connected, or send_buffer_full. On an error nothing of the message is sent.
    [[nodiscard]] Errc send(Opcode opcode, std::span<const std::byte> payload) noexcept;
    void subscribe(std::span<const std::string_view> channels);
    void unsubscribe(std::span<const std::string_view> channels);
    void alert(std::string_view message, AlertContext context = {});
    /// The answer of `condition`. If it throws: "no", and an alert.
    [[nodiscard]] WindowAnswer ask(const std::function<WindowAnswer()>& condition);

    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    [[nodiscard]] const std::string& url() const noexcept { return plan_.given(); }
    /// For messages: without the query and the secrets.
    [[nodiscard]] std::string shown_url() const { return plan_.shown_url(); }
    [[nodiscard]] const SessionFsm& fsm() const noexcept { return fsm_; }
    [[nodiscard]] Delivery& delivery() noexcept { return delivery_; }
    [[nodiscard]] const WebSocketOptions& options() const noexcept { return options_; }
    [[nodiscard]] const SessionSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const SubscriptionSet& subscriptions() const noexcept { return subscriptions_; }
    [[nodiscard]] WebSocketStats stats() const noexcept;
    void reset_stats() noexcept;
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    /// Of the last connection.
    [[nodiscard]] TimePoint connected_at() const noexcept { return connected_at_; }
    /// True inside a handler.
    [[nodiscard]] bool in_handler() const noexcept { return depth_ > 0 || reactor_.in_turn(); }
    /// The error of the last failed connection or attempt; ok after a success.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }
    /// Of the last connection; 1006 if there was no close frame.
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    [[nodiscard]] const std::string& close_reason() const noexcept { return close_reason_; }
    /// Of the last disconnect, or of the call that ended the tries since; nothing if there was neither.
    [[nodiscard]] std::optional<DisconnectReason> last_reason() const noexcept { return last_reason_; }
    /// Nothing unless a connection is up.
    [[nodiscard]] std::optional<ConnectionInfo> connection_info() const {
        return connection_ && connection_->is_open() ? std::optional(connection_->info()) : std::nullopt;
    }
    /// The end of the wait for a place in the dialer's limits. Nothing if no attempt waits.
    [[nodiscard]] std::optional<TimePoint> held_until() const noexcept { return held_until_; }
    /// Nothing unless the last connect() or reconnect was given up.
    [[nodiscard]] const std::optional<Failure>& failure() const noexcept { return failure_; }

  private:
    class HandlerScope;

    void on_open() override;
    void on_pong(std::span<const std::byte> payload) override;
    void on_ping() override {
        if (observer_ != nullptr) observer_->on_ping(reactor_.turn_time());
    }
    void on_warning(const Error& warning) override;
    void on_backlog(std::size_t bytes) override { stats_.record_bytes_to_send(bytes); }
    void on_end(const ConnectionEnd& end) override;
    void on_dropped(std::uint64_t more, DropCause cause) override;
    void on_room() override;

    template <class Event>
    void on_timer(TimePoint now) {
        due(Event{}, now);
    }
    /// A timer of the session is due: gets the answer that its event needs, and feeds the event.
    template <class Event>
    void due(const Event& event, TimePoint) {
        feed(event);
    }
    void due(const SessionEvent::WindowAsked&, TimePoint);
    void due(const SessionEvent::DisconnectAsked&, TimePoint);
    void due(const SessionEvent::KeepaliveDue&, TimePoint now);
    void on_start_failed(TimePoint) { feed(SessionEvent::TransportEnded{.error = last_error_.code}); }
    void on_linger_over(TimePoint) { dispose(std::move(lingering_)); }
    /// Begins the attempt that the machine asks for, or waits for its place in the dialer's limits.
    void begin_attempt(TimePoint now);
    /// Calls before_attempt. False: a handler has ended the attempt meanwhile. Throws WebSocketError.
    [[nodiscard]] bool ask_before_attempt(ConnectionOptions& connection);
    [[nodiscard]] Error start_connection();

    void execute(const SessionEffect::StartConnect& effect);
    void execute(const SessionEffect::SendClose& effect);
    void execute(const SessionEffect::AbortTransport& effect);
    void execute(const SessionEffect::SendPing& effect);
    void execute(const SessionEffect::Arm& effect);
    void execute(const SessionEffect::Disarm& effect);
    void execute(const SessionEffect::NotifyConnected& effect);
    void execute(const SessionEffect::ReplaySubscriptions& effect);
    void execute(const SessionEffect::SendSubscribe& effect);
    void execute(const SessionEffect::SendUnsubscribe& effect);
    void execute(const SessionEffect::NotifyDisconnected& effect);
    void execute(const SessionEffect::NotifyGaveUp& effect);
    void execute(const SessionEffect::RecordStop& effect);
    void execute(const SessionEffect::Warn& effect);

    void tell_observer(const SessionEvent::Any& event, ConnectionState before, const SessionEffects& effects,
                       TimePoint now) noexcept;
    [[nodiscard]] Timer& timer(SessionTimer which) noexcept;
    [[gnu::noinline]] void tell_sent(Opcode opcode, std::span<const std::byte> payload) noexcept;
    void send_texts(const std::vector<std::string>& texts);
    void dispose(std::unique_ptr<Connection> connection) noexcept;

    Reactor& reactor_;
    detail::AttemptPlan plan_;
    const WebSocketOptions options_;
    const WebSocketOptions* handlers_;  // options_; once retired, options without handlers
    SessionObserver* observer_;         // null once retired
    const SessionSettings settings_;
    std::unique_ptr<Network> network_;  // null if the options have a dialer
    Dialer& dialer_;
    const std::shared_ptr<const SubscriptionCodec> codec_;

    SessionFsm fsm_;
    StatsRecorder stats_;
    AlertThrottle disconnect_alerts_;
    SubscriptionSet subscriptions_;
    Delivery delivery_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Connection> lingering_;  // ended, but waits for the peer's end of stream
    std::uint32_t generation_ = 0;
    TimePoint connected_at_{};
    std::optional<TimePoint> held_until_;
    int depth_ = 0;  // of handlers
    Error last_error_;
    std::uint16_t close_code_ = to_wire(CloseCode::abnormal);
    std::string close_reason_;
    std::optional<DisconnectReason> last_reason_;
    std::optional<Failure> failure_;

#define PINWHEEL_TIMER(name, event) \
    Timer name##_{Timer::Callback::member<&Session::on_timer<SessionEvent::event>>(*this)};
    PINWHEEL_SESSION_TIMERS(PINWHEEL_TIMER)
#undef PINWHEEL_TIMER
    Timer start_failed_{Timer::Callback::member<&Session::on_start_failed>(*this)};
    Timer attempt_timer_{Timer::Callback::member<&Session::begin_attempt>(*this)};  // for a held attempt
    Timer linger_timer_{Timer::Callback::member<&Session::on_linger_over>(*this)};
};

}  // namespace pinwheel
