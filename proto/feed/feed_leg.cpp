#include "feed_leg.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <tuple>
#include <utility>

#include "../policy/rate_signal.h"
#include "../session/run_all.h"

namespace pinwheel {
namespace {

using Depth = FeedShared::Depth;

void keep_earlier(std::optional<TimePoint>& earliest, std::optional<TimePoint> other) {
    if (other && (!earliest || *other < *earliest)) earliest = other;
}

/// A server that pings needs none of our pings; its own pings are the sign of life.
Duration life_limit(const detail::ProfileData& data, const WebSocketOptions& options) {
    const bool pings = options.ping_interval || data.websocket_ping > Duration::zero() || data.ping;
    return pings ? Duration::zero() : data.server_ping * 5 / 2;
}

}  // namespace

FeedLeg::FeedLeg(FeedShared& shared, LegOwner& owner, std::uint8_t index, std::size_t place)
    : shared_(shared),
      data_(shared.data),
      owner_(owner),
      index_(index),
      place_(place),
      dialer_(shared.dialer, rank()),
      ledger_(shared.profile, shared.channels, shared.options.acknowledgements),
      classifier_(shared.profile, shared.channels),
      silence_(shared.options.silence_limit.value_or(data_.silence_limit)),
      life_(life_limit(data_, shared.options.websocket)),
      connection_rule_({.kind = SequenceKind::contiguous}) {
    if (data_.ping) ping_.emplace(*data_.ping);
    if (data_.binary != detail::BinaryPayload::plain) inflater_.emplace(data_.binary, data_.max_inflated);
    session_ = std::make_unique<WebSocketManager>(shared_.reactor, url_text(), session_options());
}

FeedLeg::~FeedLeg() = default;

void FeedLeg::stop() noexcept {
    timer_.cancel();
    session_.reset();
}

void FeedLeg::move_to(std::size_t place) {
    const Url* const before = &url();
    place_ = place;
    dialer_.rank = rank();
    if (&url() != before)
        session_ = std::make_unique<WebSocketManager>(shared_.reactor, url_text(), session_options());
}

void FeedLeg::alert(std::string_view text) const {
    const AlertField fields[] = {{"leg", std::to_string(index_)}};
    shared_.alert(text, shared_.options.legs > 1 ? AlertContext(fields) : AlertContext());
}

WebSocketOptions FeedLeg::session_options() {
    WebSocketOptions session = shared_.options.websocket;
    if (!session.ping_interval) {
        if (data_.websocket_ping > Duration::zero())
            session.ping_interval = data_.websocket_ping;
        else if (data_.ping || data_.server_ping > Duration::zero())
            session.ping_interval = WebSocketOptions::Seconds{0};
    }
    session.dialer = &dialer_;
    session.observer = this;
    session.deliver_to_ring = shared_.options.leg_rings;
    session.on_connect = [this] { on_connect(); };
    session.on_disconnect = [this](DisconnectReason reason) { on_disconnect(reason); };
    session.on_message = [this](const Message& message) { on_message(message); };
    return session;
}

// Events of the session

void FeedLeg::set_state(LegState state) noexcept {
    if (std::exchange(leg_state_, state) != state) owner_.on_leg_state(*this, state);
}

void FeedLeg::on_step(const SessionStep& step) noexcept {
    if (auto* const user = shared_.options.websocket.observer) user->on_step(step);
    if (shared_.is_over) return;
    if (step.sends_ping) pacer_.record(SendKind::ping, step.time);
    using State = ConnectionState;
    if (step.after == State::connected) return set_state(LegState::up);
    // Its end is reported with its reason.
    if (leg_state_ == LegState::up) return;
    const bool is_trying = step.after == State::connecting || step.after == State::reconnecting;
    set_state(is_trying ? LegState::connecting : LegState::down);
}

void FeedLeg::on_sent(const SentMessage& message) noexcept {
    SentMessage shown = message;
    shown.is_secret = sends_login_;
    if (auto* const user = shared_.options.websocket.observer) user->on_sent(shown);
    if (shared_.tap != nullptr) shared_.tap->on_leg_sent(index_, shown);
}

void FeedLeg::on_ping(TimePoint received) noexcept {
    if (auto* const user = shared_.options.websocket.observer) user->on_ping(received);
    pacer_.record(SendKind::pong, received);
    life_.on_life(received);
    if (ping_) ping_->on_bytes(received);
}

void FeedLeg::on_held(TimePoint until) noexcept {
    if (auto* const user = shared_.options.websocket.observer) user->on_held(until);
    ++shared_.stats.held_connects;
    if (leg_state_ != LegState::up) set_state(LegState::held);
}

void FeedLeg::renew_pacer(TimePoint now) {
    pacer_ = {};
    for (const auto& limit : data_.message_limits) {
        if (limit.scope == detail::LimitScope::connection)
            pacer_.add(limit.rate, limit.counts);
        else
            pacer_.add(shared_.limits().messages(url().host(), shared_.group(limit.scope, url()), limit.rate),
                       limit.counts);
    }
    const auto slowed = shared_.limits().slowed_at(url().host());
    if (slowed && now - *slowed < SlidingWindow::kQuiet) pacer_.slow_down(*slowed);
}

void FeedLeg::slow_down(TimePoint now) {
    shared_.limits().slow_down(url().host(), now);
    pacer_.slow_down(now);
}

void FeedLeg::on_connect() {
    const Depth depth(shared_);
    const TimePoint now = shared_.reactor.now();
    renew_pacer(now);
    classifier_.forget_numbers();
    connection_rule_.reset();
    if (data_.connection_starts_at) connection_rule_.expect(*data_.connection_starts_at);
    silence_.start(now);
    life_.start(now);
    if (ping_) ping_->start(now);
    first_until_.reset();
    if (data_.first_subscribe > Duration::zero()) first_until_ = now + data_.first_subscribe;
    next_setup_ = 0;
    ledger_.connected();
    owner_.on_leg_up(*this);
    // The login first, then its subscriptions.
    detail::run_all([&] { begin_login(); },
                    [&] {
                        if (!shared_.is_over && shared_.options.websocket.on_connect)
                            shared_.options.websocket.on_connect();
                    },
                    [&] {
                        if (!shared_.is_over) pump();
                    });
}

void FeedLeg::begin_login() {
    if (!shared_.options.login) return;
    ledger_.hold(true);
    login_until_ = shared_.reactor.now() + shared_.options.acknowledgements.ack_timeout;
    waiting_.push_back({SendKind::request, shared_.options.login(shared_.unix_ms()), true});
    if (!data_.login_accepted.empty()) return;
    ledger_.hold(false);  // nothing would show that it was accepted
    login_until_.reset();
}

void FeedLeg::on_disconnect(DisconnectReason reason) {
    const Depth depth(shared_);
    waiting_.clear();
    blocked_until_.reset();
    login_until_.reset();
    first_until_.reset();
    silence_.stop();
    life_.stop();
    if (ping_) ping_->stop();
    ledger_.hold(false);
    ledger_.disconnected();
    leg_state_ = LegState::down;
    detail::run_all([&] { owner_.on_leg_down(*this, reason); },
                    [&] {  // the next attempt may have begun in the same step
                        if (shared_.is_over) return;
                        if (session_->held_until())
                            set_state(LegState::held);
                        else if (session_->state() == ConnectionState::reconnecting)
                            set_state(LegState::connecting);
                    },
                    [&] {
                        if (!shared_.is_over) tell_changes();
                    },
                    [&] {
                        if (!shared_.is_over && shared_.options.websocket.on_disconnect)
                            shared_.options.websocket.on_disconnect(reason);
                    });
}

void FeedLeg::reconnect(std::string_view why, Duration delay) {
    // The alert is last: a handler that throws must not keep the connection alive.
    if (session_->is_connected()) session_->schedule_reconnect(delay);
    alert(why);
}

// The feed's calls

void FeedLeg::want(ChannelId channel) {
    ledger_.want(channel);
    pump();
}

void FeedLeg::leave(ChannelId channel) {
    ledger_.leave(channel);
    pump();
}

void FeedLeg::resubscribe(ChannelId channel) {
    ledger_.resubscribe(channel);
}

// Timers

void FeedLeg::on_timer(TimePoint now) {
    const Depth depth(shared_);
    if (!session_->is_connected()) return tell_changes();
    ledger_.on_time(now);
    if (login_until_ && now >= *login_until_)
        return reconnect("no answer to the login; reconnecting",
                         shared_.options.acknowledgements.ack_timeout);
    if (life_.is_over(now)) return reconnect("nothing came from the venue, not even its pings; reconnecting");
    const auto up = [this] { return !shared_.is_over && session_->is_connected(); };
    detail::run_all([&] { on_silence(now); },
                    [&] {
                        if (up()) on_ping_due(now);
                    },
                    [&] {
                        if (!shared_.is_over) pump();
                    });
}

void FeedLeg::on_silence(TimePoint now) {
    switch (silence_.due(now)) {
        case SilenceClock::Step::none:
            return;
        case SilenceClock::Step::alert:
            return owner_.on_leg_silent(*this);
        case SilenceClock::Step::resubscribe:
            owner_.on_leg_silent_still(*this);
            return alert("still no data; subscribing again");
        case SilenceClock::Step::reconnect:
            return reconnect("still no data; reconnecting");
    }
}

void FeedLeg::on_ping_due(TimePoint now) {
    if (!ping_) return;
    const auto step = ping_->due(now);
    if (step == VenuePing::Step::timed_out)
        return reconnect("the venue did not answer its ping; reconnecting");
    if (step != VenuePing::Step::send) return;
    if (pacer_.earliest(SendKind::ping, now) > now) return;
    std::string text;
    data_.ping->message.render({.id = ledger_.take_id(), .unix_ms = shared_.unix_ms()}, text);
    // An unsent one stays unanswered, which ends the connection in time.
    std::ignore = send(SendKind::ping, text, now);
    ping_->sent(now);
}

bool FeedLeg::send(SendKind kind, std::string_view text, TimePoint now) {
    const Errc code = session_->try_send(text);
    if (code == Errc::ok) pacer_.record(kind, now);
    return code == Errc::ok;
}

void FeedLeg::send_request(TimePoint now) {
    const auto request = ledger_.next_request(now, shared_.unix_ms());
    if (!request) return;
    // An unsent one is asked again, like one with a lost acknowledgement.
    std::ignore = send(SendKind::request, request->text, now);
    first_until_.reset();
}

/// Answers and the login first. If a venue demands an early subscription, one goes ahead of the setup.
void FeedLeg::send_due(TimePoint now) {
    const TimePoint turn = shared_.reactor.turn_time();
    blocked_until_.reset();
    const auto fits = [&](SendKind kind) {
        TimePoint earliest = pacer_.earliest(kind, now);
        if (earliest <= now && !requests_.take(turn)) earliest = now + Duration{1};
        if (earliest > now) blocked_until_ = earliest;
        return earliest <= now;
    };
    const auto sent = [&](SendKind kind, std::string_view text) {
        if (send(kind, text, now)) return true;
        blocked_until_ = now + shared_.options.acknowledgements.retry_delay;
        return false;
    };
    for (; !waiting_.empty(); waiting_.pop_front()) {
        const Waiting& next = waiting_.front();
        if (!fits(next.kind)) return;
        sends_login_ = next.is_login;
        const bool is_sent = sent(next.kind, next.text);
        sends_login_ = false;
        if (!is_sent) return;
    }
    if (first_until_ && ledger_.has_request(now)) {
        if (!fits(SendKind::request)) return;
        send_request(now);
    }
    for (; next_setup_ < data_.setup.size(); ++next_setup_) {
        if (!fits(SendKind::request)) return;
        std::string text;
        data_.setup[next_setup_].render({.id = ledger_.take_id(), .unix_ms = shared_.unix_ms()}, text);
        if (!sent(SendKind::request, text)) return;
    }
    while (ledger_.has_request(now) && fits(SendKind::request)) send_request(now);
}

void FeedLeg::tell_late_subscription(TimePoint now) {
    if (!first_until_ || std::max(now, blocked_until_.value_or(now)) < *first_until_) return;
    first_until_.reset();
    if (ledger_.settled()) return;
    const auto seconds = std::chrono::duration<double>(data_.first_subscribe).count();
    const AlertField fields[] = {{"seconds", std::to_string(seconds)}};
    shared_.alert("no subscription can be sent as soon after connecting as the venue demands", fields);
}

void FeedLeg::pump() {
    const Depth depth(shared_);
    const TimePoint now = shared_.reactor.now();
    if (session_->is_connected()) send_due(now);
    detail::run_all([&] { tell_late_subscription(now); },
                    [&] {
                        if (!shared_.is_over) tell_changes();
                    });
}

void FeedLeg::tell_changes() {
    auto changes = ledger_.take_changes();
    untold_.insert(untold_.end(), std::make_move_iterator(changes.begin()),
                   std::make_move_iterator(changes.end()));
    std::exception_ptr thrown;
    const TimePoint turn = shared_.reactor.turn_time();
    while (!untold_.empty() && !shared_.is_over && tellings_.take(turn)) {
        const ChannelChange change = std::move(untold_.front());
        untold_.pop_front();
        try {
            owner_.on_leg_change(*this, change);
        } catch (...) {
            if (!thrown) thrown = std::current_exception();
        }
    }
    if (!shared_.is_over) arm();
    if (thrown) std::rethrow_exception(thrown);
}

void FeedLeg::arm() {
    std::optional<TimePoint> earliest;
    if (!untold_.empty()) earliest = shared_.reactor.now() + Duration{1};
    if (session_->is_connected()) {
        keep_earlier(earliest, blocked_until_);
        keep_earlier(earliest, ledger_.deadline());
        keep_earlier(earliest, silence_.deadline());
        keep_earlier(earliest, life_.deadline());
        if (ping_ && ping_->deadline())
            keep_earlier(earliest, std::max(*ping_->deadline(),
                                            pacer_.earliest(SendKind::ping, shared_.reactor.now())));
        keep_earlier(earliest, login_until_);
        keep_earlier(earliest, first_until_);
    }
    if (earliest)
        shared_.reactor.schedule(timer_, *earliest);
    else
        timer_.cancel();
}

}  // namespace pinwheel
