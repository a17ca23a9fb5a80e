#include "../../relay/relay.h"

#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <mutex>
#include <vector>

#include "../../../proto/delivery/prometheus.h"
#include "../../relay/nats_names.h"
#include "../../relay/nats_source.h"
#include "../terminal/live_view.h"
#include "../terminal/metrics_server.h"
#include "../terminal/terminal.h"
#include "feed_run.h"
#include "nats_commands.h"
#include "options.h"
#include "playback_file.h"

namespace pinwheel::tool {
namespace {

struct RelayCommandOptions {
    ClientOptions client{};
    FeedRunOptions run{};
    NatsServerOptions server{};
    std::string name{};
    double max_age = 1;
    double duplicates = 5;
    double stream_hours = 24;
    double stream_megabytes = 1024;
    std::uint64_t max_pending = RelayOptions{}.max_pending;
    double max_pending_megabytes = 128;
    bool keep_equal = false;
    std::optional<std::uint16_t> metrics_port{};
};

constexpr double kBytesOfMiB = 1 << 20;

Duration span_of(double seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// Unique on this machine, and across machines.
std::string own_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return std::string(host.data()) + "-" + std::to_string(::getpid());
}

RelayOptions server_of(const NatsServerOptions& options) {
    RelayOptions server;
    server.url = options.url;
    server.stream = options.stream;
    server.prefix = options.prefix;
    server.credentials_file = options.credentials_file;
    server.ca_file = options.ca_file;
    server.certificate_file = options.certificate_file;
    server.key_file = options.key_file;
    return server;
}

RelayOptions relay_options(const RelayCommandOptions& options) {
    RelayOptions relay = server_of(options.server);
    relay.venue = choose_venue(options.run.venue.venue).name();
    relay.name = options.name.empty() ? own_name() : options.name;
    relay.max_age = span_of(options.max_age);
    relay.duplicates = span_of(options.duplicates);
    relay.stream_age = span_of(options.stream_hours * 3600);
    relay.stream_bytes = static_cast<std::int64_t>(options.stream_megabytes * kBytesOfMiB);
    relay.max_pending = static_cast<std::size_t>(options.max_pending);
    relay.max_pending_bytes = static_cast<std::size_t>(options.max_pending_megabytes * kBytesOfMiB);
    relay.content_ids = !options.keep_equal;
    return relay;
}

/// Relays, and shows the progress on a terminal.
class RelayRun final : private FeedRun {
  public:
    RelayRun(Client& client, const RelayCommandOptions& options)
        : FeedRun(client, options.run),
          options_(relay_options(options)),
          relay_(feed().queue(), options_, [this](std::string_view text) {
              const std::lock_guard lock(mutex_);
              alerts_.emplace_back(text);
          }) {
        for (const auto& text : options.run.venue.channels) {
            const ChannelChoice channel = parse_channel(text);
            relay_.name(feed().subscribe(channel.name, channel.symbol), {channel.name, channel.symbol});
        }
        if (options.metrics_port) serve_metrics(*options.metrics_port);
    }

    [[nodiscard]] int run() {
        const NatsNames names(options_.prefix, options_.venue);
        std::printf("relaying to %s\n", names.stream_subjects().front().c_str());
        std::fflush(stdout);
        client().reactor().schedule_after(timer_, kInterval);
        const bool done = run_to_end();
        const Error lost = relay_.stop();
        show_alerts();
        hide_progress();
        if (lost.failed()) say(lost.message());
        const RelayStats stats = relay_.stats();
        std::printf("%" PRIu64 " messages, %" PRIu64 " published, %" PRIu64 " acknowledged, %" PRIu64
                    " dropped\n",
                    stats.taken, stats.published, stats.acknowledged, stats.dropped + stats.ring_dropped);
        return done && !lost.failed() ? 0 : 1;
    }

  private:
    static constexpr Duration kInterval = std::chrono::milliseconds{250};

    void on_message(const Message&) override {}
    void on_timer(TimePoint) {
        client().reactor().schedule_after(timer_, kInterval);
        show_alerts();
        if (!Terminal::usable(STDERR_FILENO)) return;
        const RelayStats stats = relay_.stats();
        std::array<char, 200> line{};
        std::snprintf(line.data(), line.size(), "%s messages, %s pending, age %.3f s, dropped %s%s",
                      grouped(stats.taken).c_str(), grouped(stats.pending).c_str(),
                      std::chrono::duration<double>(stats.age).count(),
                      grouped(stats.dropped + stats.ring_dropped).c_str(),
                      stats.is_connected ? "" : ", NOT CONNECTED TO NATS");
        show_progress(line.data());
    }
    void show_alerts() {
        std::vector<std::string> alerts;
        {
            const std::lock_guard lock(mutex_);
            alerts.swap(alerts_);
        }
        for (const auto& alert : alerts) say(alert);
    }
    void serve_metrics(std::uint16_t port) {
        try {
            metrics_.emplace(port, [this] {
                std::string out;
                append_prometheus(out, ws().stats());
                append_prometheus(out, relay_.stats());
                return out;
            });
        } catch (const std::system_error& error) {
            throw std::runtime_error("--metrics: " + reason_of(error) +
                                     "; choose another port (0: the system chooses a free one)");
        }
        if (port == 0)
            say("metrics are at http://127.0.0.1:" + std::to_string(metrics_->port()) + "/metrics");
    }

    const RelayOptions options_;
    std::mutex mutex_;
    std::vector<std::string> alerts_;  // of the relay's thread
    Relay relay_;
    Timer timer_{Timer::Callback::member<&RelayRun::on_timer>(*this)};
    std::optional<MetricsServer> metrics_;
};

int relay(const RelayCommandOptions& given) {
    catch_hangups();
    RelayCommandOptions options = given;
    if (options.run.venue.venue.empty())
        throw UsageError{"--venue is required: a venue of 'pinwheel venues'; see pinwheel relay --help"};
    if (options.server.url.empty())
        throw UsageError{"--nats is required: nats://HOST:PORT; see pinwheel relay --help"};
    options.run.keep_in_ring = true;
    Client client(with_venue(options.client, options.run));
    try {
        return RelayRun(client, options).run();
    } catch (const std::invalid_argument& error) {
        throw UsageError{error.what()};
    }
}

}  // namespace

std::unique_ptr<Dialer> make_nats_source(Reactor& reactor, const NatsTailOptions& options,
                                         std::function<void(const std::string&)> tell) {
    NatsReadOptions read{.server = server_of(options.server), .stream = options.server.stream};
    const auto path = read.server.url.find('/', read.server.url.find("://") + 3);
    if (path == std::string::npos || path + 1 == read.server.url.size())
        throw UsageError{"a NATS URL names what to read: nats://HOST:PORT/md.okx-v5.>"};
    read.subject = read.server.url.substr(path + 1);
    read.server.url.resize(path);
    if (!options.since.empty()) read.since = parse_time("--since", options.since);
    read.last = options.last;
    if (read.since && read.last) throw UsageError{"--since and --last are one too many"};
    return std::make_unique<NatsSource>(reactor, std::move(read), std::move(tell));
}

Command relay_command(CLI::App& app) {
    const auto options = std::make_shared<RelayCommandOptions>();
    auto* const command = add_command(
        app, "relay", "publish a venue's channels to a NATS server, for consumers on other machines",
        "pinwheel relay --venue okx-v5 --channel books:BTC-USDT --nats nats://10.0.0.3:4222 --stream OKX");
    add_client_options(*command, options->client, Source::command_line_or_config);
    add_run_options(*command, options->run);
    add_value(*command, "--nats", options->server.url, "URL",
              "server to publish to, nats://HOST:PORT or tls://HOST:PORT");
    add_nats_options(*command, options->server);
    add_value(*command, "--name", options->name, "NAME", "name of this relay, in control messages")
        ->default_str("host and process");
    add_value(*command, "--max-age", options->max_age, "SECONDS",
              "age above which a message goes to PREFIX-late.> only, for the stream")
        ->capture_default_str()
        ->check(seconds(1e-3));
    add_value(*command, "--duplicates", options->duplicates, "SECONDS",
              "time for which the stream recognises a message again, 2 to 10")
        ->capture_default_str()
        ->check(seconds(2));
    add_value(*command, "--stream-hours", options->stream_hours, "HOURS",
              "age of the stream's oldest message")
        ->capture_default_str()
        ->check(seconds(1e-3));
    add_value(*command, "--stream-size", options->stream_megabytes, "MIB", "size of the stream")
        ->capture_default_str()
        ->check(seconds(1e-3));
    add_value(*command, "--max-pending", options->max_pending, "COUNT", "messages that wait for the server")
        ->capture_default_str()
        ->check(whole(1, kMost));
    add_value(*command, "--max-pending-size", options->max_pending_megabytes, "MIB",
              "payload of the messages that wait for the server")
        ->capture_default_str()
        ->check(seconds(1e-3));
    command->add_flag("--keep-equal", options->keep_equal,
                      "store equal messages without a number each time, also those of another relay");
    add_value(*command, "--seconds", options->run.seconds, "SECONDS", "end after this time")
        ->check(seconds(0));
    add_value(*command, "--metrics", options->metrics_port, "PORT",
              "serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0: a free port")
        ->check(whole(0, 65535));
    return {command, [options] { return relay(*options); }};
}

}  // namespace pinwheel::tool
