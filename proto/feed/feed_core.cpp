#include "feed_core.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <tuple>
#include <utility>

#include "../session/run_all.h"

namespace pinwheel {
namespace {

/// Of requests, so that a turn of the reactor stays short; the next turn goes on.
constexpr int kMaxRequestsATurn = 16;

void keep_earlier(std::optional<TimePoint>& earliest, std::optional<TimePoint> other) {
    if (other && (!earliest || *other < *earliest)) earliest = other;
}

std::string url_of(const VenueProfile& profile, const FeedOptions& options) {
    if (!options.url.empty()) return options.url;
    if (options.endpoint.empty()) return profile.endpoints().front().url;
    std::string known;
    for (const auto& endpoint : profile.endpoints()) {
        if (endpoint.name == options.endpoint) return endpoint.url;
        known += (known.empty() ? "" : ", ") + endpoint.name;
    }
    throw WebSocketError(Error{Errc::invalid_argument, profile.name() + " has no endpoint '" +
                                                           options.endpoint + "'; it has " + known});
}

}  // namespace

FeedCore::FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options)
    : reactor_(reactor),
      profile_(profile),
      data_(profile_.data()),
      options_(std::move(options)),
      tap_(options_.websocket.observer),
      channels_(profile_),
      ledger_(profile_, channels_, options_.acknowledgements),
      classifier_(profile_, channels_),
      silence_(options_.silence_limit.value_or(data_.silence_limit)),
      connection_rule_({.kind = SequenceKind::contiguous}) {
    if (data_.ping) ping_.emplace(*data_.ping);
    if (data_.binary != detail::BinaryPayload::plain) inflater_.emplace(data_.binary, data_.max_inflated);
    session_ = std::make_unique<WebSocketManager>(reactor_, url_of(profile_, options_), session_options());
}

void FeedCore::renew_pacer(TimePoint now) {
    ConnectWindow& windows = options_.windows != nullptr ? *options_.windows : own_windows_;
    pacer_ = {};
    for (const auto& limit : data_.message_limits) {
        if (limit.scope == detail::LimitScope::connection)
            pacer_.add(limit.rate, limit.counts);
        else
            pacer_.add(windows.window(profile_.name(), limit.rate, "messages"), limit.counts);
    }
    if (slowed_ && now - *slowed_ < SlidingWindow::kQuiet) pacer_.slow_down(now);
}

void FeedCore::slow_down(TimePoint now) {
    slowed_ = now;
    pacer_.slow_down(now);
}

WebSocketOptions FeedCore::session_options() {
    WebSocketOptions session = options_.websocket;
    if (!session.ping_interval && data_.websocket_ping > Duration::zero())
        session.ping_interval = data_.websocket_ping;
    else if (!session.ping_interval && data_.ping)
        session.ping_interval = WebSocketOptions::Seconds{0};
    session.observer = tap_.observer();
    session.on_connect = [this] { on_connect(); };
    session.on_disconnect = [this](DisconnectReason reason) { on_disconnect(reason); };
    session.on_message = [this](const Message& message) { on_message(message); };
    return session;
}

void FeedCore::stop() noexcept {
    is_over_ = true;
    timer_.cancel();
    session_.reset();
}

bool FeedCore::settled() const noexcept {
    return session_ != nullptr && session_->is_connected() && ledger_.settled();
}

ChannelId FeedCore::subscribe(std::string_view name, std::string_view symbol) {
    const auto added = channels_.add(name, symbol);
    if (!added) throw WebSocketError(added.error());
    if (*added == rules_.size()) rules_.emplace_back(channels_[*added].kind->sequence);
    ledger_.want(*added);
    pump();
    return *added;
}

void FeedCore::require(ChannelId channel) const {
    if (channel >= rules_.size())
        throw WebSocketError(
            Error{Errc::invalid_argument, "the feed has no channel with the id " + std::to_string(channel)});
}

void FeedCore::unsubscribe(ChannelId channel) {
    require(channel);
    ledger_.leave(channel);
    pump();
}

void FeedCore::resubscribe(ChannelId channel) {
    require(channel);
    ++stats_.resubscribes;
    rules_[channel].reset();
    ledger_.resubscribe(channel);
    pump();
}

void FeedCore::resubscribe_all() {
    for (ChannelId channel = 0; channel < rules_.size(); ++channel) {
        if (ledger_.state(channel) != ChannelState::live) continue;
        ++stats_.resubscribes;
        rules_[channel].reset();
        ledger_.resubscribe(channel);
    }
}

void FeedCore::on_connect() {
    const Depth depth(depth_);
    const TimePoint now = reactor_.now();
    renew_pacer(now);
    classifier_.forget_numbers();
    for (auto& rule : rules_) rule.reset();
    connection_rule_.reset();
    if (data_.connection_starts_at) connection_rule_.expect(*data_.connection_starts_at);
    silence_.start(now);
    if (ping_) ping_->start(now);
    drain_at_.reset();
    if (data_.lifetime > Duration::zero())
        drain_at_ = now + data_.lifetime - std::min<Duration>(data_.lifetime / 10, std::chrono::minutes{1});
    ledger_.connected();
    // The login first, and its subscriptions after it.
    detail::run_all([&] { begin_login(); },
                    [&] {
                        for (const auto& setup : data_.setup) {
                            std::string text;
                            setup.render({.id = ledger_.take_id(), .unix_ms = unix_ms()}, text);
                            waiting_.push_back({SendKind::request, std::move(text)});
                        }
                    },
                    [&] {
                        if (!is_over_ && options_.websocket.on_connect) options_.websocket.on_connect();
                    },
                    [&] {
                        if (!is_over_) pump();
                    });
}

void FeedCore::begin_login() {
    if (!options_.login) return;
    ledger_.hold(true);
    login_until_ = reactor_.now() + options_.acknowledgements.ack_timeout;
    waiting_.push_back({SendKind::request, options_.login(unix_ms()), true});
    if (!data_.login_accepted.empty()) return;
    ledger_.hold(false);  // nothing would tell that it was accepted
    login_until_.reset();
}

void FeedCore::on_disconnect(DisconnectReason reason) {
    const Depth depth(depth_);
    waiting_.clear();
    blocked_until_.reset();
    login_until_.reset();
    drain_at_.reset();
    silence_.stop();
    if (ping_) ping_->stop();
    for (ChannelId channel = 0; channel < rules_.size(); ++channel) stale_.forget(channel);
    timer_.cancel();
    const TimePoint now = reactor_.now();
    if (is_rate_close(session_->close_code(), session_->close_reason())) slow_down(now);
    ledger_.hold(false);
    ledger_.disconnected();
    tell_changes();
    if (!is_over_ && options_.websocket.on_disconnect) options_.websocket.on_disconnect(reason);
}

void FeedCore::reconnect(std::string_view why, Duration delay) {
    // The alert is last: a handler that throws must not keep the connection.
    if (session_->is_connected()) session_->schedule_reconnect(delay);
    alert(why);
}

void FeedCore::on_timer(TimePoint now) {
    const Depth depth(depth_);
    if (!session_->is_connected()) return;
    ledger_.on_time(now);
    if (drain_at_ && now >= *drain_at_) {
        ++stats_.drains;
        return reconnect("reconnecting ahead of the venue's limit on a connection's age");
    }
    if (login_until_ && now >= *login_until_)
        return reconnect("no answer to the login; reconnecting", options_.acknowledgements.ack_timeout);
    const auto up = [this] { return !is_over_ && session_->is_connected(); };
    detail::run_all([&] { on_silence(now); },
                    [&] {
                        if (up()) on_ping_due(now);
                    },
                    [&] {
                        if (up()) tell_stale(now);
                    },
                    [&] {
                        if (!is_over_) pump();
                    });
}

void FeedCore::tell_stale(TimePoint now) {
    while (const auto channel = stale_.next_stale(now)) {
        alert("no data within the channel's time: " + channels_[*channel].name + " " +
              channels_[*channel].symbol);
        if (!is_over_ && options_.on_stale) options_.on_stale(*channel);
        if (is_over_) return;
    }
}

void FeedCore::on_silence(TimePoint now) {
    switch (silence_.due(now)) {
        case SilenceClock::Step::none:
            return;
        case SilenceClock::Step::alert:
            return alert("no data within the silence limit");
        case SilenceClock::Step::resubscribe:
            resubscribe_all();
            return alert("still no data; subscribing anew");
        case SilenceClock::Step::reconnect:
            return reconnect("still no data; reconnecting");
    }
}

void FeedCore::on_ping_due(TimePoint now) {
    if (!ping_) return;
    const auto step = ping_->due(now);
    if (step == VenuePing::Step::timed_out)
        return reconnect("the venue did not answer its ping; reconnecting");
    if (step != VenuePing::Step::send) return;
    if (pacer_.earliest(SendKind::ping, now) > now) return;
    std::string text;
    data_.ping->message.render({.id = ledger_.take_id(), .unix_ms = unix_ms()}, text);
    // One that does not go out is not answered, which ends the connection in time.
    std::ignore = send(SendKind::ping, text, now);
    ping_->sent(now);
}

bool FeedCore::send(SendKind kind, std::string_view text, TimePoint now) {
    const Errc code = session_->try_send(text);
    if (code == Errc::ok) pacer_.record(kind, now);
    return code == Errc::ok;
}

void FeedCore::send_due(TimePoint now) {
    int budget = kMaxRequestsATurn;
    blocked_until_.reset();
    const auto fits = [&](SendKind kind) {
        const TimePoint earliest = budget-- > 0 ? pacer_.earliest(kind, now) : now + Duration{1};
        if (earliest > now) blocked_until_ = earliest;
        return earliest <= now;
    };
    while (!waiting_.empty()) {
        if (!fits(waiting_.front().kind)) return;
        tap_.sends_login(waiting_.front().is_login);
        const bool sent = send(waiting_.front().kind, waiting_.front().text, now);
        tap_.sends_login(false);
        if (!sent) {
            blocked_until_ = now + options_.acknowledgements.retry_delay;
            return;
        }
        waiting_.pop_front();
    }
    while (ledger_.has_request(now) && fits(SendKind::request)) {
        const auto request = ledger_.next_request(now, unix_ms());
        // One that does not go out is asked again, as one whose acknowledgement was lost.
        if (request) std::ignore = send(SendKind::request, request->text, now);
    }
}

void FeedCore::pump() {
    const Depth depth(depth_);
    if (session_->is_connected()) send_due(reactor_.now());
    tell_changes();
}

void FeedCore::tell_changes() {
    const auto changes = ledger_.changes();
    ledger_.clear_changes();
    for (const auto& change : changes) {
        const Duration stale = options_.stale_after.value_or(channels_[change.channel].kind->stale_after);
        if (change.state == ChannelState::live && stale > Duration::zero())
            stale_.watch(change.channel, stale, reactor_.now());
        else
            stale_.forget(change.channel);
    }
    arm();
    std::exception_ptr thrown;
    for (const auto& change : changes) {
        try {
            if (!is_over_) tell(change);
        } catch (...) {
            if (!thrown) thrown = std::current_exception();
        }
    }
    if (thrown) std::rethrow_exception(thrown);
}

void FeedCore::tell(const ChannelChange& change) {
    Error error;
    if (change.state == ChannelState::refused) {
        error = {Errc::invalid_argument, change.code + (change.code.empty() ? "" : " ") + change.message};
        const ChannelEntry& entry = channels_[change.channel];
        const AlertField fields[] = {{"code", change.code}, {"message", change.message}};
        alert("refused: " + entry.name + " " + entry.symbol, fields);
    }
    if (!is_over_ && options_.on_channel) options_.on_channel(change.channel, change.state, error);
}

void FeedCore::arm() {
    if (!session_->is_connected()) return;
    std::optional<TimePoint> earliest = blocked_until_;
    keep_earlier(earliest, ledger_.deadline());
    keep_earlier(earliest, silence_.deadline());
    if (ping_ && ping_->deadline())
        keep_earlier(earliest, std::max(*ping_->deadline(), pacer_.earliest(SendKind::ping, reactor_.now())));
    keep_earlier(earliest, stale_.deadline());
    keep_earlier(earliest, login_until_);
    keep_earlier(earliest, drain_at_);
    if (earliest) reactor_.schedule(timer_, *earliest);
}

void FeedCore::alert(std::string_view text, AlertContext context) {
    if (!is_over_ && options_.websocket.on_alert) options_.websocket.on_alert("feed", text, context);
}

std::int64_t FeedCore::unix_ms() const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(reactor_.system_now().time_since_epoch())
        .count();
}

}  // namespace pinwheel
