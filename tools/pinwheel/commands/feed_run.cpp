#include "feed_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <tuple>
#include <utility>

#include "../../../proto/text/utf8.h"
#include "../terminal/screen_text.h"

namespace pinwheel::tool {
namespace {

constexpr std::size_t kMostHeld = 200;

/// Each turn's messages are taken before the next turn: no limit, unless the user wants to test one.
std::uint32_t queue_size_of(const Config& config) {
    for (const auto& value : config.limits.values)
        if (value.row->field == "queue_size" && value.origin != LimitOrigin::default_value)
            return config.limits.limits.queue_size;
    return 0;
}

void check_texts(const FeedRunOptions& run) {
    for (const auto& text : run.send)
        if (!is_utf8(std::as_bytes(std::span(text))))
            throw UsageError{"--send '" + printable(text) + "' is not UTF-8, which a text message must be"};
}

}  // namespace

FeedRun::FeedRun(Client& client, const FeedRunOptions& options)
    : client_(client), options_(options), queue_size_(queue_size_of(client.config())) {
    options_.venue.venue.empty() ? make_manager() : make_feed();
    if (options_.record) begin_recording();
}

/// The recorder is the ring's only consumer. Messages to print come by the handler.
void FeedRun::begin_recording() {
    RecordOptions record = *options_.record;
    const auto alert = [this](std::string_view text) {
        const std::lock_guard lock(recorder_mutex_);
        recorder_alerts_.emplace_back(text);
        recorder_alerted_ = true;
    };
    try {
        if (feed_) {
            feed_recorder_.emplace(*feed_, record, alert);
        } else {
            record.url = *client_.config().url;
            recorder_.emplace(ws().queue(), std::move(record), alert);
        }
    } catch (const WebSocketError& error) {
        throw UsageError{error.what()};
    }
}

void FeedRun::end_recording() {
    if (!options_.record) return;
    for (std::size_t leg = 0; leg < options_.venue.legs && !ws().is_dead(); ++leg) ws().force_close();
    const Error lost = feed_recorder_ ? feed_recorder_->stop() : recorder_->stop();
    show_recorder_alerts();
    if (!lost.failed()) return;
    say(lost.message());
    failed_ = true;
}

std::vector<const Recorder*> FeedRun::recorders() const {
    std::vector<const Recorder*> all;
    if (recorder_) all.push_back(&*recorder_);
    for (std::size_t leg = 0; feed_recorder_ && leg < feed_recorder_->legs(); ++leg)
        all.push_back(&feed_recorder_->leg(leg));
    return all;
}

RecordStats FeedRun::record_stats() const {
    RecordStats sum;
    for (const auto* const recorder : recorders()) {
        const RecordStats one = recorder->stats();
        for (const auto count :
             {&RecordStats::messages, &RecordStats::bytes, &RecordStats::dropped, &RecordStats::raw_bytes,
              &RecordStats::written_bytes, &RecordStats::files, &RecordStats::write_failures,
              &RecordStats::sync_failures, &RecordStats::unsafe_bytes})
            sum.*count += one.*count;
        sum.lag = std::max(sum.lag, one.lag);
        sum.is_stopped = sum.is_stopped || one.is_stopped;
    }
    return sum;
}

void FeedRun::append_record_metrics(std::string& out) const {
    const auto all = recorders();
    std::vector<RecordStats> stats;
    std::vector<std::string> labels;
    for (std::size_t leg = 0; leg < all.size(); ++leg) {
        stats.push_back(all[leg]->stats());
        labels.push_back(all.size() > 1 ? "leg=\"" + std::to_string(leg) + "\"" : std::string());
    }
    std::vector<LabelledRecordStats> labelled;
    for (std::size_t leg = 0; leg < all.size(); ++leg) labelled.push_back({stats[leg], labels[leg]});
    append_prometheus(out, labelled);
}

void FeedRun::show_recorder_alerts() {
    if (!recorder_alerted_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(recorder_mutex_);
    for (const auto& alert : recorder_alerts_) say(alert);
    recorder_alerts_.clear();
    recorder_alerted_ = false;
}

void FeedRun::make_manager() {
    manager_.emplace(client_.reactor(), *client_.config().url, session_options());
    for (const auto& channel : client_.config().subscriptions) manager_->subscribe(channel);
    for (const auto& channel : options_.subscribe) manager_->subscribe(channel);
}

void FeedRun::make_feed() {
    const VenueProfile profile = choose_venue(options_.venue.venue);
    FeedOptions options{.websocket = session_options()};
    options.urls = options_.venue.urls;
    if (options.urls.empty()) options.urls = {*client_.config().url};
    options.leg_rings = options_.record.has_value();
    options.legs = options_.venue.legs;
    if (!options_.keep_in_ring)
        options.on_message = [this](const FeedMessage& message) {
            Message shown = message;
            shown.is_text = true;  // also an inflated payload of a binary frame
            if (!options_.only_record) on_message(shown);
        };
    feed_.emplace(client_.reactor(), profile, std::move(options));
    try {
        for (const auto* const texts : {&client_.config().subscriptions, &options_.venue.channels})
            for (const auto& text : *texts) {
                const ChannelChoice channel = parse_channel(text);
                feed_->subscribe(channel.name, channel.symbol);
            }
    } catch (const WebSocketError& error) {
        throw UsageError{error.what()};
    }
}

ClientOptions with_venue(ClientOptions client, const FeedRunOptions& run) {
    check_texts(run);
    if (run.venue.venue.empty()) return client;
    const VenueProfile profile = choose_venue(run.venue.venue);
    for (const auto& channel : run.venue.channels) std::ignore = parse_channel(channel);
    if (run.venue.channels.empty() && client.config_file.empty())
        throw UsageError{"--venue " + run.venue.venue +
                         " needs a --channel NAME:SYMBOL; it has the channels " +
                         listed(profile.channel_names())};
    if (!run.venue.urls.empty() && !client.url.empty())
        throw UsageError{"--url and a URL without it are one too many"};
    for (const auto& text : run.venue.urls)
        if (const auto url = Url::parse(text); !url) throw UsageError{"--url: " + url.error().message()};
    if (!run.venue.urls.empty()) client.url = run.venue.urls.front();
    if (!run.venue.endpoint.empty() && !client.url.empty())
        throw UsageError{"--endpoint and a URL are one too many"};
    client.fallback_url = choose_endpoint(profile, run.venue.endpoint);
    if (!run.venue.endpoint.empty()) client.url = client.fallback_url;
    return client;
}

bool FeedRun::run_to_end() {
    auto& reactor = client_.reactor();
    began_ = reactor.now();
    feed_ ? feed_->connect() : manager_->connect();
    if (options_.seconds > 0)
        reactor.schedule_after(end_timer_, std::chrono::duration_cast<Duration>(
                                               std::chrono::duration<double>(options_.seconds)));
    const auto done = [this] {
        drain();
        show_recorder_alerts();
        return over_;
    };
    run_until(reactor, done);
    end_recording();
    return !failed_;
}

WebSocketOptions FeedRun::session_options() {
    auto options = client_.session_options();
    if (options_.retries) options.max_reconnect_attempts = *options_.retries;
    options.queue_size = queue_size_;
    options.observer = this;
    if (options_.dialer != nullptr) options.dialer = options_.dialer;
    if (options_.record) {
        options.deliver_to_ring = true;
        if (options_.venue.venue.empty() && !options_.only_record)
            options.on_message = [this](const Message& message) {
                Message shown = message;
                shown.is_last_in_batch = true;  // the handler does not know the batch
                on_message(shown);
            };
    }
    options.on_connect = [this] { on_connect(); };
    options.on_disconnect = [this](DisconnectReason reason) { on_disconnect(reason); };
    options.on_alert = [this](std::string_view channel, std::string_view message, AlertContext context) {
        if (ws().is_dead()) return;  // on_attempt_timer() reports the end
        std::string line(message);
        if (channel == "feed")
            for (const auto& field : context) line += ", " + std::string(field.name) + " " + field.value;
        say(line);
    };
    return options;
}

void FeedRun::on_connect() {
    for (const auto& text : options_.send)
        if (const Errc refused = ws().try_send(text); refused != Errc::ok) {
            say("--send: " + std::string(pinwheel::describe(refused)));
            return fail();
        }
    if (!feed_ || feed_->legs_up() == 1) on_up(client_.reactor().now());
}

void FeedRun::on_disconnect(DisconnectReason reason) {
    if (feed_ && feed_->legs_up() > 0) {  // another leg goes on, or has taken over
        if (!is_proactive(reason)) say("a leg is lost; the feed goes on");
        return;
    }
    on_lost(client_.reactor().now());
    if (reason == DisconnectReason::server_closed && ws().close_code() == to_wire(CloseCode::normal)) {
        over_ = true;
        return ws().force_close();
    }
    if (!ws().is_dead()) say(ws().last_error().message() + "; connecting again");
}

void FeedRun::on_step(const SessionStep& step) noexcept {
    if (options_.verbose) {
        std::array<char, 32> since{};
        std::snprintf(since.data(), since.size(),
                      "%.3f s: ", std::chrono::duration<double>(step.time - began_).count());
        say(since.data() + step.text());
    }
    tries_ = step.attempt;
    if (step.event != "transport_ended") return;
    why_ = ws().last_error().message();
    const bool is_failed_connect = step.before == ConnectionState::connecting && ws().generation() == 0;
    if (is_failed_connect || step.after == ConnectionState::disconnected)
        client_.reactor().schedule(attempt_timer_, client_.reactor().now());
}

/// True if a leg is up, was up, or is in its first attempt.
bool FeedRun::has_live_leg() {
    for (std::size_t leg = 0; feed_ && leg < feed_->leg_slots(); ++leg) {
        const WebSocketManager* const session = feed_->leg_session(leg);
        if (session == nullptr || session->is_dead()) continue;
        const bool is_first_attempt =
            session->state() == ConnectionState::connecting && session->stats().reconnect_tries == 0;
        if (is_first_attempt || session->generation() > 0) return true;
    }
    return false;
}

/// After a failed attempt of the first connection, and at the end of all attempts.
void FeedRun::on_attempt_timer(TimePoint) {
    if (over_ || ws().is_connected() || has_live_leg()) return;
    if (options_.retries && !ws().is_dead()) return say(why_ + "; connecting again");
    const std::string tries = std::to_string(tries_) + (tries_ == 1 ? " try" : " tries");
    say(ws().is_dead() && tries_ > 0 ? "gave up after " + tries + ": " + why_ : why_);
    fail();
}

void FeedRun::drain() {
    if (feed_ || options_.record) return;  // messages come by the handler
    MessageQueue& queue = manager_->queue();
    for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
        if (record->kind == RecordKind::message) on_message(Message::from(*record));
        queue.pop();
    }
}

void FeedRun::say(const std::string& line) {
    last_line_ = line;
    if (!held_) {
        hide_progress();
        return complain(line);
    }
    lines_.push_back(line);
    if (lines_.size() > kMostHeld) lines_.pop_front();
}

void FeedRun::show_progress(const std::string& line) {
    std::fprintf(stderr, "\r%s\033[K", line.c_str());
    progress_shown_ = true;
}

void FeedRun::hide_progress() {
    if (progress_shown_) std::fputs("\r\033[K", stderr);
    progress_shown_ = false;
}

void FeedRun::release_lines() {
    held_ = false;
    for (const auto& line : lines_) complain(line);
    lines_.clear();
}

}  // namespace pinwheel::tool
