#include "feed_run.h"

#include <array>
#include <cstdio>

namespace pinwheel::tool {
namespace {

constexpr std::size_t kMostHeld = 200;

/// What a turn has read is taken before the next: no limit, unless the user wants to see one at work.
std::uint32_t queue_size_of(const Config& config) {
    for (const auto& value : config.limits.values)
        if (value.row->field == "queue_size" && value.origin != LimitOrigin::default_value)
            return config.limits.limits.queue_size;
    return 0;
}

}  // namespace

FeedRun::FeedRun(Client& client, const FeedRunOptions& options)
    : client_(client),
      options_(options),
      retries_(options.retries.value_or(client.config().limits.limits.max_reconnect_attempts)),
      queue_size_(queue_size_of(client.config())),
      ws_(client.reactor(), *client.config().url, session_options()) {
    for (const auto& channel : client.config().subscriptions) ws_.subscribe(channel);
    for (const auto& channel : options.subscribe) ws_.subscribe(channel);
}

bool FeedRun::run_to_end() {
    auto& reactor = client_.reactor();
    began_ = reactor.now();
    ws_.connect();
    if (options_.seconds > 0)
        reactor.schedule_after(end_timer_, std::chrono::duration_cast<Duration>(
                                               std::chrono::duration<double>(options_.seconds)));
    const auto done = [this] {
        drain();
        return over_;
    };
    run_until(reactor, done);
    return !failed_;
}

WebSocketOptions FeedRun::session_options() {
    auto options = client_.session_options();
    if (options_.retries) options.max_reconnect_attempts = *options_.retries;
    options.queue_size = queue_size_;
    options.observer = this;
    options.on_connect = [this] { on_up(client_.reactor().now()); };
    options.on_disconnect = [this](DisconnectReason reason) { on_disconnect(reason); };
    options.on_alert = [this](std::string_view, std::string_view message, AlertContext) {
        if (!ws_.is_dead()) say(std::string(message));  // the end is told by on_failure_timer()
    };
    return options;
}

void FeedRun::on_disconnect(DisconnectReason reason) {
    on_lost(client_.reactor().now());
    if (reason == DisconnectReason::server_closed && ws_.close_code() == to_wire(CloseCode::normal)) {
        over_ = true;
        return ws_.force_close();
    }
    why_ = ws_.last_error().message();
    if (!ws_.is_dead()) say(why_ + "; connecting again");
}

void FeedRun::on_step(const SessionStep& step) noexcept {
    if (options_.verbose) {
        std::array<char, 32> since{};
        std::snprintf(since.data(), since.size(),
                      "%.3f s: ", std::chrono::duration<double>(step.time - began_).count());
        say(since.data() + step.text());
    }
    const bool ended = step.event == "transport_ended";
    if (ended && ws_.generation() == 0) first_try_failed_ = true;
    if (first_try_failed_ || (ended && step.after == ConnectionState::disconnected))
        client_.reactor().schedule(failure_timer_, client_.reactor().now());
}

void FeedRun::on_failure_timer(TimePoint) {
    if (over_) return;
    if (first_try_failed_) why_ = ws_.last_error().message();
    const bool tried = !first_try_failed_ && retries_ > 0;
    say(tried ? "gave up after " + std::to_string(retries_) + " tries: " + why_ : why_);
    fail();
}

void FeedRun::drain() {
    MessageQueue& queue = ws_.queue();
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
