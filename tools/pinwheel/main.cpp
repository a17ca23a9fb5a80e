#include <CLI/CLI.hpp>
#include <charconv>
#include <exception>
#include <string>
#include <system_error>

#include "commands.h"

namespace {

using namespace pinwheel::tool;

/// A number in this range, and a number at all.
template <typename Number>
CLI::Validator within(Number least, Number most, const std::string& words) {
    return CLI::Validator(
        [=](const std::string& text) {
            Number value{};
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            const bool fits = error == std::errc() && stop == end && value >= least && value <= most;
            return fits ? std::string() : "'" + text + "' is not " + words;
        },
        "");
}
CLI::Validator seconds(double least) {
    const bool none_allowed = least == 0;
    return within(none_allowed ? 0.0 : 1e-3, 1e8,
                  none_allowed ? "a number of seconds from 0 on" : "a number of seconds above 0");
}
CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
    return within(least, most,
                  "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}
CLI::Validator rate() {
    return within(0.0, 1e8, "a number from 0 to 100000000");
}

constexpr std::uint64_t kMost = 1'000'000'000'000'000;
constexpr std::uint64_t kLargestMessage = 16'000'000;  // what the send buffer holds

/// One line that says what is wrong and where to look it up.
std::string one_line(const CLI::App* app, const CLI::Error& error) {
    const auto chosen = app->get_subcommands();
    const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
    return std::string("pinwheel: ") + error.what() + "; see pinwheel " + command + "--help\n";
}

void add_client_options(CLI::App& command, ClientOptions& options) {
    command.add_option("URL", options.url, "ws://host[:port]/path or wss://host[:port]/path")->required();
    command.add_option("--ca", options.ca_file,
                       "PEM file of the authorities to trust, in place of the system's");
    command.add_option("--header", options.headers, "extra request header, 'Name: value'; may be repeated")
        ->allow_extra_args(false);
    command.add_flag("--epoll", options.epoll, "sleep between messages; without it the loop spins");
    command.add_option("--cpu", options.cpu, "pin to this core");
    command.add_option("--timeout", options.timeout, "seconds to connect in")->check(seconds(1e-3));
}

CLI::App* add_command(CLI::App& app, const char* name, const char* what, const char* example) {
    auto* const command = app.add_subcommand(name, what);
    command->footer(std::string("Example:\n  ") + example);
    return command;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("WebSocket client for low latency: look at a feed, measure it, or serve one", "pinwheel");
    app.require_subcommand(0, 1);
    app.failure_message(&one_line);
    app.footer("pinwheel COMMAND --help shows an example of each.");

    TailOptions tail_options;
    auto* const tail_command =
        add_command(app, "tail", "print a feed's messages, one a line",
                    "pinwheel tail wss://127.0.0.1:8443/ --ca ca.pem --subscribe trades.BTC-USD");
    add_client_options(*tail_command, tail_options.client);
    tail_command
        ->add_option("--subscribe", tail_options.subscribe, "channel to subscribe to; may be repeated")
        ->allow_extra_args(false);
    tail_command->add_option("--count", tail_options.count, "end after this many messages")
        ->check(whole(0, kMost));
    tail_command->add_option("--seconds", tail_options.seconds, "end after this time")->check(seconds(0));
    tail_command->add_option("--retries", tail_options.retries, "tries to connect again after a loss")
        ->check(whole(0, 1'000'000));
    tail_command->add_flag("--json-stats", tail_options.json_stats,
                           "last line: one JSON object with the totals");

    ClientOptions echo_options;
    auto* const echo_command = add_command(app, "echo", "send every message back until the peer closes",
                                           "pinwheel echo ws://127.0.0.1:9001/runCase?case=1");
    add_client_options(*echo_command, echo_options);

    RttOptions rtt_options;
    auto* const rtt_command = add_command(app, "rtt", "measure round trips against an echoing server",
                                          "pinwheel rtt ws://127.0.0.1:8080/echo --size 128 --count 100000");
    add_client_options(*rtt_command, rtt_options.client);
    rtt_command->add_option("--size", rtt_options.size, "bytes a message")->check(whole(0, kLargestMessage));
    rtt_command->add_option("--count", rtt_options.count, "round trips")->check(whole(1, kMost));
    rtt_command->add_flag("--json", rtt_options.json, "print one JSON object");

    FeedCommandOptions feed_options;
    auto* const feed_command = add_command(app, "feed", "serve a synthetic or recorded exchange feed",
                                           "pinwheel feed --port 8443 --tls --ca-out ca.pem --rate 50000");
    feed_command->add_option("--address", feed_options.address, "address to listen on");
    feed_command
        ->add_option("--port", feed_options.port, "0: the system chooses; the first line printed tells")
        ->check(whole(0, 65535));
    auto* const cert = feed_command->add_option("--cert", feed_options.certificate,
                                                "PEM certificate chain to serve wss with");
    feed_command->add_option("--key", feed_options.key, "its key")->needs(cert);
    auto* const made =
        feed_command->add_flag("--tls", feed_options.tls, "serve wss with a certificate made on the spot");
    made->excludes(cert);
    feed_command
        ->add_option("--ca-out", feed_options.ca_out, "with --tls: write the authority's certificate here")
        ->needs(made);
    feed_command->add_option("--rate", feed_options.rate, "messages a second")->check(rate());
    feed_command->add_option("--seed", feed_options.seed, "of the synthetic market");
    feed_command->add_option("--capture", feed_options.capture, "serve this recorded session instead");
    feed_command->add_option("--speed", feed_options.speed, "times the recorded pace, or 'max'");

    DemoOptions demo_options;
    auto* const demo_command =
        add_command(app, "demo", "a feed and a client in one process, streamed end to end",
                    "pinwheel demo --seconds 5 --json");
    demo_command->add_option("--seconds", demo_options.seconds, "how long")->check(seconds(1e-3));
    demo_command->add_option("--rate", demo_options.rate, "messages a second")->check(rate());
    demo_command->add_flag("--plain", demo_options.plain, "ws in place of wss");
    demo_command->add_flag("--json", demo_options.json, "last line: one JSON object with the result");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        if (tail_command->parsed()) return tail(tail_options);
        if (echo_command->parsed()) return echo(echo_options);
        if (rtt_command->parsed()) return rtt(rtt_options);
        if (feed_command->parsed()) return feed(feed_options);
        if (demo_command->parsed()) return demo(demo_options);
        throw UsageError{"which command? tail, echo, rtt, feed or demo; see pinwheel --help"};
    } catch (const UsageError& error) {
        complain(error.message);
        return 2;
    } catch (const std::system_error& error) {
        complain(reason_of(error));
        return 1;
    } catch (const std::exception& error) {
        complain(error.what());
        return 1;
    }
}
