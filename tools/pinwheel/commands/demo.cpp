#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <map>
#include <string>
#include <thread>

#include "../../../core/cpu.h"
#include "../../../core/histogram.h"
#include "../../../proto/session/manager.h"
#include "../../feed/feed_server.h"
#include "../../feed/temporary_identity.h"
#include "../terminal/live_view.h"
#include "../terminal/terminal.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

constexpr int kStatusesASecond = 4;
constexpr Duration kStatusInterval = std::chrono::seconds{1} / kStatusesASecond;
constexpr std::uint64_t kShown = 3;                         // messages, at the beginning
constexpr Duration kPause = std::chrono::milliseconds{50};  // before connecting again
constexpr Duration kAgain = std::chrono::milliseconds{10};

struct DemoOptions {
    double seconds = 10;
    double rate = 10'000;
    bool plain = false;
    bool json = false;
};

/// The exchange, on its own thread and core.
class BackgroundFeed {
  public:
    BackgroundFeed(const DemoOptions& options, const TemporaryIdentity& identity)
        : tls_(TlsContext::server(
              {.certificate_file = identity.certificate_file(), .key_file = identity.key_file()})),
          server_(reactor_, {.listen = *Endpoint::parse("127.0.0.1", 0),
                             .tls = options.plain ? nullptr : &tls_,
                             .rate = options.rate}),
          thread_([this] {
              std::ignore = pin_to_cpu(0);
              reactor_.run();
          }) {}
    ~BackgroundFeed() {
        reactor_.stop();
        thread_.join();
    }
    BackgroundFeed(const BackgroundFeed&) = delete;
    BackgroundFeed& operator=(const BackgroundFeed&) = delete;

    /// Cuts every connection, without a close frame.
    void drop_clients() {
        reactor_.post([this] { server_.drop_clients(); });
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.endpoint().port(); }

  private:
    Reactor reactor_;
    TlsContext tls_;
    FeedServer server_;
    std::thread thread_;
};

/// Evaluates the feed's numbers: each channel counts its messages.
class Gaps {
  public:
    /// Takes the number of a channel's message from connection `generation`.
    void take(std::string_view channel, std::uint64_t number, std::uint32_t generation) {
        Last& last = channels_[std::string(channel)];
        if (last.number != 0 && number != last.number + 1)
            (generation == last.generation ? lost_ : missed_) += number - last.number - 1;
        last = {number, generation};
    }
    /// Missing while the connection was up.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    /// Sent between two connections.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

  private:
    struct Last {
        std::uint64_t number = 0;
        std::uint32_t generation = 0;
    };
    std::map<std::string, Last> channels_;
    std::uint64_t lost_ = 0;
    std::uint64_t missed_ = 0;
};

/// Subscribes, takes the messages out of the ring like a strategy, and survives one cut of its own choice and
/// one of the feed's.
class Consumer {
  public:
    Consumer(Client& client, BackgroundFeed& feed, const DemoOptions& options)
        : client_(client),
          feed_(feed),
          options_(options),
          ws_(client.reactor(), client.url().without_query(), session_options()) {
        for (const char* channel : {"trades.BTC-USD", "book.BTC-USD", "trades.ETH-USD", "book.ETH-USD"})
            ws_.subscribe(channel);
    }

    [[nodiscard]] int run() {
        auto& reactor = client_.reactor();
        ws_.connect();
        began_ = reactor.now();
        schedule_act();
        if (Terminal::usable(STDERR_FILENO)) reactor.schedule_after(status_timer_, kStatusInterval);
        const auto done = [this] {
            drain();
            return over_ || ws_.is_dead();
        };
        run_until(reactor, done);
        if (status_timer_.armed()) std::fputs("\r\033[K", stderr);
        const bool failed = ws_.is_dead();
        const WebSocketStats stats = ws_.stats();
        ws_.shutdown();
        ws_.wait_disconnected();
        drain();
        print(stats);
        if (messages_ == 0 && !failed) complain("no message came from " + client_.url().without_query());
        return messages_ > 0 && !failed && gaps_.lost() == 0 ? 0 : 1;
    }

  private:
    [[nodiscard]] WebSocketOptions session_options() {
        auto options = client_.session_options();
        options.reconnect_delay = kPause;
        options.queue_size = 100'000;
        options.on_alert = [](std::string_view, std::string_view message, AlertContext) {
            complain(std::string(message));
        };
        return options;
    }

    void drain() {
        MessageQueue& queue = ws_.queue();
        for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
            if (record->kind == RecordKind::message) take(Message::from(*record));
            queue.pop();
        }
    }
    void show(const Message& message) const {
        if (status_timer_.armed()) std::fputs("\r\033[K", stderr);
        std::printf("%s\n", std::string(message.text()).c_str());
        if (messages_ == kShown) std::puts("...");
        std::fflush(stdout);
    }
    void take(const Message& message) {
        const auto now = clock_.system_now();
        if (++messages_ <= kShown) show(message);
        bytes_ += message.payload.size();
        const JsonView json = message.json();
        if (const auto stamp = json.integer("/ts")) latency_.record(now.time_since_epoch().count() - *stamp);
        const auto channel = json.string("/channel");
        const auto number = json.integer("/seq");
        if (channel && number) gaps_.take(*channel, static_cast<std::uint64_t>(*number), message.generation);
    }

    /// Three phases of equal length: up to our own cut, up to the feed's, up to the end.
    void schedule_act() {
        const auto third =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options_.seconds)) / 3;
        client_.reactor().schedule(act_timer_, began_ + third * (acts_ + 1));
    }
    void on_act_due(TimePoint) {
        // The session must first have recovered from our own cut.
        if (!ws_.is_connected() || static_cast<int>(ws_.generation()) != acts_ + 1)
            return client_.reactor().schedule_after(act_timer_, kAgain);
        switch (acts_++) {
            case 0:
                ws_.request_disconnect(kPause);
                return schedule_act();
            case 1:
                feed_.drop_clients();
                return schedule_act();
            default:
                over_ = true;
        }
    }
    void on_status(TimePoint) {
        std::fprintf(stderr, "\r\033[K%s messages/s, %s in total, latency p50 %s, p99 %s, connection %u",
                     grouped((messages_ - messages_before_) * kStatusesASecond).c_str(),
                     grouped(messages_).c_str(), short_time(latency_.value_at(50)).c_str(),
                     short_time(latency_.value_at(99)).c_str(), ws_.generation());
        messages_before_ = messages_;
        client_.reactor().schedule_after(status_timer_, kStatusInterval);
    }
    /// `stats` are those before the last close.
    void print(const WebSocketStats& stats) const {
        const auto at = [&](double percentile) { return latency_.value_at(percentile); };
        const auto time = [&](double percentile) { return short_time(at(percentile)); };
        std::printf("%s messages, %s bytes from %s in %.1f s; %s dropped, %u connection%s\n",
                    grouped(messages_).c_str(), grouped(bytes_).c_str(),
                    client_.url().without_query().c_str(), options_.seconds,
                    grouped(stats.messages_dropped).c_str(), ws_.generation(),
                    ws_.generation() == 1 ? "" : "s");
        std::printf("latency from the feed's stamp to the consumer: p50 %s, p99 %s, p99.9 %s, max %s\n",
                    time(50).c_str(), time(99).c_str(), time(99.9).c_str(), time(100).c_str());
        std::printf("disconnects: %" PRIu64 " by the client, %" PRIu64
                    " by the feed, subscriptions restored; messages lost while connected: %s, sent while "
                    "disconnected: %s\n",
                    stats.proactive_disconnects, stats.reactive_disconnects, grouped(gaps_.lost()).c_str(),
                    grouped(gaps_.missed()).c_str());
        if (options_.json)
            std::printf(R"({"messages":%)" PRIu64 R"(,"bytes":%)" PRIu64 R"(,"dropped":%)" PRIu64
                        R"(,"generations":%u,"own_cuts":%)" PRIu64 R"(,"forced_cuts":%)" PRIu64
                        R"(,"lost":%)" PRIu64 R"(,"missed_while_disconnected":%)" PRIu64
                        R"(,"resumed_handshakes":%)" PRIu64 R"(,"latency_ns":{"p50":%)" PRIu64
                        R"(,"p99":%)" PRIu64 R"(,"p999":%)" PRIu64 R"(,"max":%)" PRIu64 "}}\n",
                        messages_, bytes_, stats.messages_dropped, ws_.generation(),
                        stats.proactive_disconnects, stats.reactive_disconnects, gaps_.lost(), gaps_.missed(),
                        stats.resumed_handshakes, at(50), at(99), at(99.9), at(100));
    }

    Client& client_;
    BackgroundFeed& feed_;
    const DemoOptions& options_;
    SteadyClock clock_;
    Histogram latency_;
    Gaps gaps_;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::uint64_t bytes_ = 0;
    bool over_ = false;
    TimePoint began_{};
    int acts_ = 0;  // completed phases
    Timer act_timer_{Timer::Callback::member<&Consumer::on_act_due>(*this)};
    Timer status_timer_{Timer::Callback::member<&Consumer::on_status>(*this)};
    WebSocketManager ws_;
};

int demo(const DemoOptions& options) {
    catch_hangups();
    const TemporaryIdentity identity;
    BackgroundFeed feed(options, identity);
    Client client(
        {.url = (options.plain ? "ws://127.0.0.1:" : "wss://127.0.0.1:") + std::to_string(feed.port()) + "/",
         .ca_file = identity.authority_file(),
         .cpu = cpu_count() > 1 ? std::optional(1) : std::nullopt});
    return Consumer(client, feed, options).run();
}

}  // namespace

Command demo_command(CLI::App& app) {
    const auto options = std::make_shared<DemoOptions>();
    auto* const command =
        add_command(app, "demo", "stream the built-in exchange to a client in the same process",
                    "pinwheel demo --seconds 5 --json");
    add_value(*command, "--seconds", options->seconds, "SECONDS", "length of the demo")
        ->capture_default_str()
        ->check(seconds(1e-3));
    add_value(*command, "--rate", options->rate, "RATE", "messages a second")
        ->capture_default_str()
        ->check(rate());
    command->add_flag("--plain", options->plain, "use ws instead of wss");
    command->add_flag("--json", options->json, "print the result as one JSON object in the last line");
    return {command, [options] { return demo(*options); }};
}

}  // namespace pinwheel::tool
