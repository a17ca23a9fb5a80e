#include <simdjson.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <thread>

#include "../../core/cpu.h"
#include "../../core/histogram.h"
#include "../../proto/queue_sink.h"
#include "../feed/feed_server.h"
#include "../feed/temporary_identity.h"
#include "commands.h"

namespace pinwheel::tool {
namespace {

constexpr Duration kStatusInterval = std::chrono::milliseconds{250};

/// The exchange, on a thread and a core of its own.
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

    [[nodiscard]] std::uint16_t port() const noexcept { return server_.endpoint().port(); }

  private:
    Reactor reactor_;
    TlsContext tls_;
    FeedServer server_;
    std::thread thread_;
};

/// Subscribes, and takes the messages out of the ring as a strategy would.
class Consumer final : public ConnectionHandler {
  public:
    Consumer(Client& client, const DemoOptions& options)
        : client_(client),
          options_(options),
          connection_(client.reactor(), client.dialer(), client.connection_options(), *this, sink_) {}

    [[nodiscard]] int run() {
        auto& reactor = client_.reactor();
        connection_.start(client_.url());
        const auto end = clock_.now() + std::chrono::duration_cast<Duration>(
                                            std::chrono::duration<double>(options_.seconds));
        const bool live = ::isatty(STDERR_FILENO) != 0;
        for (auto status_due = clock_.now() + kStatusInterval;
             reactor.now() < end && !over_ && !interrupted();) {
            if (reactor.poll() == 0) relax();
            drain();
            if (live && reactor.now() >= status_due) {
                show_status();
                status_due += kStatusInterval;
            }
        }
        if (live) std::fputs("\r\033[K", stderr);
        if (connection_.is_open())
            connection_.close(to_wire(CloseCode::normal));
        else
            connection_.abort();
        while (!over_ && !connection_.drained()) reactor.poll();
        drain();
        print();
        if (messages_ == 0 && !failed_) complain("no message came from " + client_.url().without_query());
        return messages_ > 0 && !failed_ ? 0 : 1;
    }

  private:
    void on_open() override {
        ++generations_;
        sink_.connected(generations_, {.received = client_.reactor().now()});
        for (const char* channel : {"trades.BTC-USD", "book.BTC-USD", "trades.ETH-USD", "book.ETH-USD"}) {
            const std::string text = std::string(R"({"type":"subscribe","channel":")") + channel + "\"}";
            std::ignore = connection_.send(Opcode::text, std::as_bytes(std::span(text)));
        }
    }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error& warning) override { complain(warning.message()); }
    void on_end(const ConnectionEnd& end) override {
        over_ = true;
        failed_ = static_cast<bool>(end.error);
        if (failed_) complain(end.error.message());
    }

    void drain() {
        for (const auto* record = queue_.front(); record != nullptr; record = queue_.front()) {
            if (record->kind == RecordKind::message) take(Message::from(*record));
            queue_.pop();
        }
    }
    void take(const Message& message) {
        const auto now = clock_.system_now();
        ++messages_;
        bytes_ += message.payload.size();
        std::int64_t stamp = 0;
        auto document = parser_.iterate(message.text().data(), message.payload.size(),
                                        message.payload.size() + kPayloadPadding);
        if (document["ts"].get(stamp) == simdjson::SUCCESS)
            latency_.record(now.time_since_epoch().count() - stamp);
    }

    void show_status() {
        std::fprintf(stderr, "\r\033[K%6.0f messages/s, %" PRIu64 " in all, latency p50 %.1f us, p99 %.1f us",
                     static_cast<double>(messages_ - messages_before_) * 4, messages_,
                     static_cast<double>(latency_.value_at(50)) / 1e3,
                     static_cast<double>(latency_.value_at(99)) / 1e3);
        messages_before_ = messages_;
    }
    void print() const {
        const auto at = [&](double percentile) { return latency_.value_at(percentile); };
        std::printf("%" PRIu64 " messages, %" PRIu64 " bytes over %s in %.1f s; %" PRIu64
                    " dropped, %u connection(s)\n",
                    messages_, bytes_, client_.url().without_query().c_str(), options_.seconds,
                    sink_.dropped(), generations_);
        std::printf("from the feed's stamp to the consumer, us: p50 %.1f, p99 %.1f, p99.9 %.1f, max %.1f\n",
                    static_cast<double>(at(50)) / 1e3, static_cast<double>(at(99)) / 1e3,
                    static_cast<double>(at(99.9)) / 1e3, static_cast<double>(at(100)) / 1e3);
        if (options_.json)
            std::printf(R"({"messages":%)" PRIu64 R"(,"bytes":%)" PRIu64 R"(,"dropped":%)" PRIu64
                        R"(,"generations":%u,"latency_ns":{"p50":%)" PRIu64 R"(,"p99":%)" PRIu64
                        R"(,"p999":%)" PRIu64 R"(,"max":%)" PRIu64 "}}\n",
                        messages_, bytes_, sink_.dropped(), generations_, at(50), at(99), at(99.9), at(100));
    }

    Client& client_;
    const DemoOptions& options_;
    SteadyClock clock_;
    MessageQueue queue_{100'000};
    QueueSink sink_{queue_, OverflowPolicy::drop_newest};
    simdjson::ondemand::parser parser_;
    Histogram latency_;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint32_t generations_ = 0;
    bool over_ = false;
    bool failed_ = false;
    Connection connection_;
};

}  // namespace

int demo(const DemoOptions& options) {
    catch_signals();
    const TemporaryIdentity identity;
    const BackgroundFeed feed(options, identity);
    Client client(
        {.url = (options.plain ? "ws://127.0.0.1:" : "wss://127.0.0.1:") + std::to_string(feed.port()) + "/",
         .ca_file = identity.authority_file(),
         .cpu = cpu_count() > 1 ? 1 : -1});
    return Consumer(client, options).run();
}

}  // namespace pinwheel::tool
