#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "../../../proto/delivery/prometheus.h"
#include "../../../proto/feed/feed_prometheus.h"
#include "../../../proto/record/record_line.h"
#include "../terminal/line_input.h"
#include "../terminal/message_text.h"
#include "../terminal/metrics_server.h"
#include "../terminal/screen_text.h"
#include "../terminal/terminal.h"
#include "feed_run.h"
#include "latency_window.h"
#include "latest.h"
#include "nats_commands.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds{250};
constexpr int kIntervalsASecond = 4;

struct TailOptions {
    ClientOptions client{};
    FeedRunOptions run{};
    std::uint64_t count = 0;  // 0: no end
    TextOptions text{};
    std::string flush = "batch";
    bool messages = false;     // instead of the live view
    bool interactive = false;  // sends the lines of standard input
    bool stats_json = false;
    std::optional<std::uint16_t> metrics_port{};
    std::string record{};     // the file to record to
    bool timestamps = false;  // in front of each message
    NatsTailOptions nats{};
};

/// Prints a feed's messages, or shows its state on a terminal.
class Tail final : private FeedRun {
  public:
    Tail(Client& client, const TailOptions& options)
        : FeedRun(client, options.run), options_(options), text_(options.text) {
        if (!options.messages && Terminal::usable(STDOUT_FILENO)) screen_.emplace(STDOUT_FILENO);
        std::setvbuf(stdout, nullptr, _IOFBF, kOutputBuffer);
        state_.url = options.nats.server.url.empty() ? client.url().without_query()
                                                     : without_credentials(options.nats.server.url);
        state_.unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
        if (options.metrics_port) serve_metrics(*options.metrics_port);
        if (options.interactive) {
            const std::uint64_t room = client.config().limits.limits.send_buffer_limit - kMaxFrameHeader;
            input_.emplace(client.reactor(), STDIN_FILENO,
                           static_cast<std::size_t>(std::min<std::uint64_t>(room, kLongestInputLine)),
                           LineInput::Take::member<&Tail::on_input_line>(*this),
                           LineInput::TooLong::member<&Tail::on_input_too_long>(*this));
        }
    }

    /// A line from another source, on the reactor's thread.
    void tell(const std::string& line) { say(line); }

    [[nodiscard]] int run() {
        began_ = second_began_ = client().reactor().now();
        status_line_ = Terminal::usable(STDERR_FILENO) && ::isatty(STDOUT_FILENO) == 0;
        hold_lines(screen_ && ::isatty(STDERR_FILENO) != 0);
        if (screen_) draw(began_);
        if (screen_ || status_line_ || metrics_) client().reactor().schedule_after(timer_, kInterval);
        const bool done = run_to_end();
        if (screen_) screen_->leave();
        hide_progress();
        release_lines();
        if (options_.stats_json)
            std::printf(R"({"messages":%)" PRIu64 R"(,"bytes":%)" PRIu64 "}\n", window_.messages(),
                        window_.bytes());
        if (!output_gone_ && std::fflush(stdout) != 0) give_up_output();
        return done && !output_failed_ ? 0 : 1;
    }

  private:
    static constexpr std::size_t kOutputBuffer = std::size_t{1} << 16;

    void on_message(const Message& message) override {
        if (output_gone_ || (options_.count > 0 && window_.messages() == options_.count)) return;
        const auto text = text_.of(message);
        if (!text) return flush_after(message);
        std::optional<Duration> latency;
        if (message.kernel_received != SystemTime{})
            latency = client().reactor().system_now() - message.kernel_received;
        window_.take(message.payload.size(), latency);
        if (screen_)
            state_.last_message.assign(text->substr(0, kMostShown));
        else if (options_.timestamps)
            print(timestamp_of(message) + std::string(*text));
        else
            print(*text);
        if (options_.count > 0 && window_.messages() == options_.count) end();
        flush_after(message);
    }
    void on_up(TimePoint) override {
        if (input_) input_->resume();
    }
    void on_lost(TimePoint) override {
        if (input_) input_->pause();
    }
    bool on_input_line(std::string_view line) {
        const Errc refused = ws().try_send(line);
        if (refused != Errc::invalid_argument)
            return refused == Errc::ok;  // else it waits for room, or for the next connection
        say("a line of standard input is not UTF-8, which a text message must be; it was not sent");
        return true;
    }
    void on_input_too_long() {
        say("a line of standard input is longer than a message may be; no more of it is read");
    }
    /// In the format of a recording: 19 digits and a space.
    [[nodiscard]] std::string timestamp_of(const Message& message) {
        const bool by_kernel = message.kernel_received != SystemTime{};
        std::string line;
        append_line(line, {.time = by_kernel ? message.kernel_received : client().reactor().system_now()});
        line.pop_back();
        return line;
    }
    void print(std::string_view text) {
        std::string safe;
        if (escapes_) text = safe = printable(text, "\n\t");
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::putc('\n', stdout);
        if (options_.flush == "each") std::fflush(stdout);
        if (std::ferror(stdout) != 0) give_up_output();
    }
    void flush_after(const Message& message) {
        if (options_.flush != "batch" || !message.is_last_in_batch || screen_ || output_gone_) return;
        if (std::fflush(stdout) != 0) give_up_output();
    }
    /// A reader that has closed the pipe, like head, has all that it wants.
    void give_up_output() {
        output_gone_ = true;
        end();
        if (errno == EPIPE) return std::clearerr(stdout);
        say(std::string("standard output cannot be written: ") + std::strerror(errno));
        output_failed_ = true;
    }

    void on_timer(TimePoint now) {
        if (++intervals_ % kIntervalsASecond == 0) {
            window_.close_second(now - second_began_);
            second_began_ = now;
        }
        if (metrics_) publish_metrics();
        if (screen_) draw(now);
        if (status_line_) {
            fill(now);
            show_progress(render_status(state_, kStatusColumns));
        }
        client().reactor().schedule_after(timer_, kInterval);
    }
    void fill(TimePoint now) {
        window_.fill(state_);
        const WebSocketStats stats = ws().stats();
        state_.running = now - began_;
        state_.state = ws().state();
        state_.generation = ws().generation();
        state_.up = ws().connection_duration();
        state_.dropped = stats.messages_dropped;
        state_.disconnects = stats.disconnects;
        state_.ping = stats.ping;
        fill_legs();
        state_.queued = stats.queued;
        state_.queued_high_water = stats.queued_high_water;
        state_.queue_size = queue_size();
        state_.notice = last_line();
    }
    void fill_legs() {
        state_.legs.clear();
        if (!has_legs()) return;
        for (std::size_t leg = 0; leg < feed().leg_slots(); ++leg) {
            if (feed().leg_session(leg) == nullptr) continue;
            const FeedLegStats stats = feed().leg_stats(leg);
            state_.legs.push_back({.number = leg,
                                   .state = stats.state,
                                   .firsts = stats.firsts,
                                   .leads = feed().leg_lead(leg).count(),
                                   .lead_p50 = stats.lead_p50,
                                   .lead_p99 = stats.lead_p99});
        }
    }
    void draw(TimePoint now) {
        fill(now);
        const ScreenSize size = screen_->size();
        if (size.columns >= kLeastScreen.columns && size.rows >= kLeastScreen.rows) {
            told_small_ = false;
            return screen_->show(render_live(state_, size));
        }
        if (!told_small_) {
            screen_->leave();
            complain("the terminal has " + text_of(size) + ", the live view needs " + text_of(kLeastScreen) +
                     "; showing a status line instead");
            told_small_ = true;
        }
        screen_->show_line(render_status(state_, size.columns > 1 ? size.columns - 1 : 1));
    }
    static std::string text_of(ScreenSize size) {
        return std::to_string(size.columns) + " columns by " + std::to_string(size.rows) + " rows";
    }

    /// Of a feed all is written here: its sessions come and go on this thread.
    void publish_metrics() {
        latencies_.publish(window_.overall());
        if (!has_feed()) return;
        std::vector<WebSocketStats> stats;
        std::vector<std::string> labels;
        for (std::size_t leg = 0; leg < feed().leg_slots(); ++leg) {
            const WebSocketManager* const session = feed().leg_session(leg);
            if (session == nullptr) continue;
            stats.push_back(session->stats());
            labels.push_back("leg=\"" + std::to_string(leg) + "\"");
        }
        std::vector<LabelledStats> sessions;
        for (std::size_t i = 0; i < stats.size(); ++i) sessions.push_back({stats[i], labels[i]});
        std::string out;
        append_prometheus(out, sessions);
        append_prometheus(out, feed());
        feed_metrics_.publish(out);
    }
    void serve_metrics(std::uint16_t port) {
        publish_metrics();
        try {
            metrics_.emplace(port, [this] {
                std::string out = feed_metrics_.read();
                if (out.empty()) append_prometheus(out, ws().stats());
                append_record_metrics(out);
                append_prometheus(out, latencies_.read(), "pinwheel_message_latency_seconds",
                                  "From a message's arrival in the kernel to its handler.");
                return out;
            });
        } catch (const std::system_error& error) {
            throw std::runtime_error("--metrics: " + reason_of(error) +
                                     "; choose another port (0: a free one)");
        }
        if (port == 0)
            say("metrics are at http://127.0.0.1:" + std::to_string(metrics_->port()) + "/metrics");
    }

    static constexpr std::size_t kMostShown = 16'384;
    static constexpr std::size_t kLongestInputLine = std::size_t{1} << 20;
    static constexpr std::size_t kStatusColumns = 79;

    const TailOptions& options_;
    MessageText text_;
    std::optional<Terminal> screen_;
    const bool escapes_ = ::isatty(STDOUT_FILENO) != 0;  // a peer must not control a terminal
    bool status_line_ = false;
    bool told_small_ = false;
    bool output_gone_ = false;
    bool output_failed_ = false;
    TimePoint began_{};
    TimePoint second_began_{};
    int intervals_ = 0;
    LatencyWindow window_;
    LiveState state_;
    Latest<Histogram> latencies_;
    Latest<std::string> feed_metrics_;
    Timer timer_{Timer::Callback::member<&Tail::on_timer>(*this)};
    std::optional<MetricsServer> metrics_;
    std::optional<LineInput> input_;
};

/// The session uses a stream of this process and ignores its URL.
int tail_nats(const TailOptions& options) {
    TailOptions all = options;
    all.client.url = "ws://localhost/";
    all.nats.server.url = options.client.url;
    Client client(all.client);
    Tail* running = nullptr;
    const auto source = make_nats_source(client.reactor(), all.nats, [&](const std::string& line) {
        if (running != nullptr) running->tell(line);
    });
    all.run.dialer = source.get();
    Tail tail(client, all);
    running = &tail;
    const int status = tail.run();
    running = nullptr;
    return status;
}

/// True for a pipe or a socket: somebody writes to it.
bool input_is_piped() noexcept {
    struct stat kind {};
    return ::fstat(STDIN_FILENO, &kind) == 0 && (S_ISFIFO(kind.st_mode) || S_ISSOCK(kind.st_mode));
}

int tail(const TailOptions& options) {
    catch_signals();  // before the screen is changed, because that must be undone
    if (options.text.filter) check_pointer("--filter", *options.text.filter);
    if (options.flush != "each" && options.flush != "batch" && options.flush != "end")
        throw UsageError{"--flush '" + options.flush + "' is not each, batch or end"};
    if (is_nats_url(options.client.url)) return tail_nats(options);
    if (options.nats.is_given())
        throw UsageError{"--since, --last, --stream and --nats-creds are for a URL nats://HOST:PORT/SUBJECT"};
    Client client(with_venue(options.client, options.run));
    TailOptions all = options;
    if (options.run.venue.venue.empty() && input_is_piped()) all.interactive = true;
    if (options.interactive) all.messages = true;  // the live view would hide what is typed
    if (!options.record.empty()) all.run.record = RecordOptions{.file = options.record};
    return Tail(client, all).run();
}

}  // namespace

Command tail_command(CLI::App& app) {
    const auto options = std::make_shared<TailOptions>();
    auto* const command =
        add_command(app, "tail", "print a feed's messages, one a line; on a terminal show a live view",
                    "pinwheel tail wss://127.0.0.1:8443/ --ca ca.pem --subscribe trades.BTC-USD");
    add_client_options(*command, options->client, Source::command_line_or_config);
    add_run_options(*command, options->run);
    command
        ->add_flag("-i,--interactive", options->interactive,
                   "send each line of standard input as a text message; the default if it is a pipe")
        ->excludes(command->get_option("--venue"));
    add_value(*command, "--count", options->count, "COUNT", "end after this many messages")
        ->check(whole(0, kMost));
    add_value(*command, "--seconds", options->run.seconds, "SECONDS", "end after this time")
        ->check(seconds(0));
    command->add_flag("--messages", options->messages, "print messages on a terminal, too");
    command->add_flag("--pretty", options->text.pretty, "indent JSON messages");
    add_value(*command, "--filter", options->text.filter, "POINTER",
              "print the value at this JSON pointer, such as /data/0/price, and skip messages without it");
    add_value(*command, "--flush", options->flush, "each|batch|end",
              "write printed messages one by one, once a read, or when the buffer is full and at the end")
        ->capture_default_str();
    add_value(*command, "--metrics", options->metrics_port, "PORT",
              "serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0: a free port")
        ->check(whole(0, 65535));
    add_value(*command, "--record", options->record, "FILE",
              "also record to this file, like 'pinwheel record'");
    add_value(*command, "--since", options->nats.since, "TIME",
              "of nats://HOST:PORT/SUBJECT: begin with its stream's messages from this time on");
    add_value(*command, "--last", options->nats.last, "COUNT",
              "of nats://HOST:PORT/SUBJECT: begin with this many of its stream's newest messages")
        ->check(whole(1, 1'000'000));
    add_nats_options(*command, options->nats.server);
    command->add_flag("--timestamps", options->timestamps,
                      "print the Unix time of arrival in ns before each message");
    command->add_flag("--stats-json,--json-stats", options->stats_json,
                      "print the totals as one JSON object in the last line");
    return {command, [options] { return tail(*options); }};
}

}  // namespace pinwheel::tool
