#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "../../proto/manager.h"
#include "../../proto/observer.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

constexpr Duration kStatusInterval = std::chrono::milliseconds{250};

struct TailOptions {
    ClientOptions client{};
    std::vector<std::string> subscribe{};
    std::uint64_t count = 0;  // 0: no end
    double seconds = 0;       // 0: no end
    bool stats_json = false;
    std::optional<std::uint32_t> retries{};  // after a loss
};

/// Prints a feed, over all its connections. Ends after --count, after --seconds, by a signal, when the server
/// closes with 1000, if the first connection fails, and when the tries are spent.
class Tail final : private SessionObserver {
  public:
    Tail(Client& client, const TailOptions& options)
        : client_(client), options_(options), ws_(client.reactor(), client.url_text(), session_options()) {
        for (const auto& channel : client.subscriptions()) ws_.subscribe(channel);
        for (const auto& channel : options.subscribe) ws_.subscribe(channel);
    }

    [[nodiscard]] int run() {
        auto& reactor = client_.reactor();
        ws_.connect();
        if (options_.seconds > 0)
            reactor.schedule_after(end_timer_, std::chrono::duration_cast<Duration>(
                                                   std::chrono::duration<double>(options_.seconds)));
        if (::isatty(STDERR_FILENO) != 0) reactor.schedule_after(status_timer_, kStatusInterval);
        const auto done = [this] {
            drain();
            return over_;
        };
        run_until(reactor, done);
        if (status_timer_.armed()) std::fputs("\r\033[K", stderr);
        if (options_.stats_json)
            std::printf(R"({"messages":%)" PRIu64 R"(,"bytes":%)" PRIu64 "}\n", messages_, bytes_);
        return status_;
    }

  private:
    [[nodiscard]] WebSocketOptions session_options() {
        auto options = client_.session_options();
        if (options_.retries) options.max_reconnect_attempts = *options_.retries;
        options.queue_size = 0;  // what a turn has read is printed before the next
        options.observer = this;
        options.on_disconnect = [this](DisconnectReason reason) { on_disconnect(reason); };
        options.on_alert = [this](std::string_view, std::string_view message, AlertContext) {
            if (!ws_.is_dead()) complain(std::string(message));  // the end is told by end()
        };
        return options;
    }

    void on_disconnect(DisconnectReason reason) {
        if (reason == DisconnectReason::server_closed && ws_.close_code() == to_wire(CloseCode::normal)) {
            over_ = true;
            return ws_.force_close();
        }
        why_ = ws_.last_error().message();
        if (!ws_.is_dead()) complain(why_ + "; connecting again");
    }
    void on_step(const SessionEvent::Any& event, const SessionFsm& after, const SessionEffects&,
                 TimePoint) noexcept override {
        const bool ended = std::holds_alternative<SessionEvent::TransportEnded>(event);
        if (ended && ws_.generation() == 0) first_try_failed_ = true;
        if (first_try_failed_ || (ended && after.connection_state() == ConnectionState::disconnected))
            client_.reactor().schedule(failure_timer_, client_.reactor().now());
    }
    void on_failure_timer(TimePoint) {
        if (over_) return;
        if (first_try_failed_) why_ = ws_.last_error().message();
        const bool tried = !first_try_failed_ && client_.retries(options_.retries) > 0;
        complain(tried ? "gave up after " + std::to_string(client_.retries(options_.retries)) +
                             " tries: " + why_
                       : why_);
        status_ = 1;
        over_ = true;
    }

    void drain() {
        MessageQueue& queue = ws_.queue();
        for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
            if (record->kind == RecordKind::message) print(Message::from(*record));
            queue.pop();
        }
    }
    void print(const Message& message) {
        if (output_gone_ || (messages_ == options_.count && options_.count > 0)) return;
        ++messages_;
        bytes_ += message.payload.size();
        std::fwrite(message.payload.data(), 1, message.payload.size(), stdout);
        std::putc('\n', stdout);
        if (message.is_last_in_batch || messages_ == options_.count) std::fflush(stdout);
        if (std::ferror(stdout) != 0) return give_up_output();
        if (messages_ == options_.count) over_ = true;
    }
    /// A reader that has left, as head does, has what it wanted.
    void give_up_output() {
        output_gone_ = true;
        over_ = true;
        if (errno == EPIPE) return;
        complain(std::string("standard output cannot be written: ") + std::strerror(errno));
        status_ = 1;
    }

    void on_end_timer(TimePoint) { over_ = true; }
    void on_status_timer(TimePoint) {
        std::fprintf(stderr, "\r\033[K%" PRIu64 " messages, %.0f/s", messages_,
                     static_cast<double>(messages_ - messages_before_) * 4);
        messages_before_ = messages_;
        client_.reactor().schedule_after(status_timer_, kStatusInterval);
    }

    Client& client_;
    const TailOptions& options_;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::uint64_t bytes_ = 0;
    int status_ = 0;
    bool over_ = false;
    bool output_gone_ = false;
    bool first_try_failed_ = false;
    std::string why_;  // the connection was lost
    Timer end_timer_{Timer::Callback::member<&Tail::on_end_timer>(*this)};
    Timer status_timer_{Timer::Callback::member<&Tail::on_status_timer>(*this)};
    Timer failure_timer_{Timer::Callback::member<&Tail::on_failure_timer>(*this)};
    WebSocketManager ws_;
};

int tail(const TailOptions& options) {
    Client client(options.client);
    return Tail(client, options).run();
}

}  // namespace

Command tail_command(CLI::App& app) {
    const auto options = std::make_shared<TailOptions>();
    auto* const command =
        add_command(app, "tail", "print a feed's messages, one a line",
                    "pinwheel tail wss://127.0.0.1:8443/ --ca ca.pem --subscribe trades.BTC-USD");
    add_client_options(*command, options->client, Source::command_line_or_config);
    add_subscribe_option(*command, options->subscribe);
    command->add_option("--count", options->count, "end after this many messages")->check(whole(0, kMost));
    command->add_option("--seconds", options->seconds, "end after this time")->check(seconds(0));
    command->add_option("--retries", options->retries, "tries to connect again after a loss (10)")
        ->check(whole(0, 1'000'000));
    command->add_flag("--stats-json", options->stats_json, "last line: one JSON object with the totals");
    return {command, [options] { return tail(*options); }};
}

}  // namespace pinwheel::tool
