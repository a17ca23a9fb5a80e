#include "options.h"

#include <charconv>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../../../core/nearest_name.h"
#include "../../../proto/websocket/url.h"
#include "../terminal/screen_text.h"
#include "feed_run.h"
#include "nats_commands.h"

namespace pinwheel::tool {
namespace {

/// A number in this range.
template <typename Number>
CLI::Validator within(Number least, Number most, const std::string& words) {
    return CLI::Validator(
        [=](const std::string& text) {
            Number value{};
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, value);
            // CLI11 would read a leading zero as octal.
            const bool octal = std::is_integral_v<Number> && text.size() > 1 && text.front() == '0';
            const bool fits =
                error == std::errc() && stop == end && !octal && value >= least && value <= most;
            return fits ? std::string() : "'" + text + "' is not " + words;
        },
        "");
}

/// A stray word without its possible secrets: the value of an option, the query of a URL.
std::string without_secrets(const std::string& word) {
    if (word.starts_with('-')) return word.substr(0, word.find('='));
    if (word.find("://") == std::string::npos) return word;
    const auto url = Url::parse(word);
    return url ? url->without_query() : word.substr(0, word.find("://") + 3) + "...";
}

std::vector<std::string> names_of_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
}

std::string describe_stray(const std::string& word, const CLI::App& at, bool in_command) {
    const bool is_option = word.starts_with('-');
    const bool is_argument = !is_option && in_command && at.get_subcommands(nullptr).empty();
    if (is_argument && word.find("://") == std::string::npos)
        return "one argument too many, not shown since it may be a secret; a value with spaces wants quotes";
    std::vector<std::string> names;
    if (is_option)
        names = names_of_options(at);
    else
        for (const auto* command : at.get_subcommands(nullptr)) names.push_back(command->get_name());
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string name = without_secrets(word);
    const std::string kind = is_option     ? "unknown option '"
                             : is_argument ? "unexpected argument '"
                                           : "unknown command '";
    return kind + name + "'" + did_you_mean(name, known);
}

}  // namespace

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

CLI::App* add_command(CLI::App& app, const char* name, const char* what, const char* example) {
    auto* const command = app.add_subcommand(name, what);
    command->footer(std::string("Example:\n  ") + example);
    return command;
}

void add_client_options(CLI::App& command, ClientOptions& options, Source source) {
    options.command = command.get_name();
    const bool with_config = source == Source::command_line_or_config;
    auto* const url =
        command.add_option("URL", options.url, "ws://host[:port]/path or wss://host[:port]/path");
    if (with_config)
        command.add_option("--config", options.config_file,
                           "JSON file with URL, subscriptions, TLS, reactor and limits; the command line "
                           "overrides it");
    else
        url->required();
    command.add_option("--ca", options.ca_file,
                       "PEM file of the authorities to trust, in place of the system's");
    command.add_option("--header", options.headers, "extra request header, 'Name: value'; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--proxy", options.proxy,
                       "http://[user:password@]host:port, or the same with socks5h, in place of the "
                       "environment's HTTPS_PROXY or ALL_PROXY; 'none' connects directly");
    auto* const epoll = command.add_flag_callback(
        "--epoll", [&options] { options.epoll = true; }, "sleep between messages; without it the loop spins");
    if (with_config)
        command
            .add_flag_callback(
                "--spin", [&options] { options.epoll = false; }, "spin, whatever the config says")
            ->excludes(epoll);
    command.add_option("--cpu", options.cpu, "pin to this core")
        ->check(whole(0, std::numeric_limits<int>::max()));
    command.add_option("--timeout", options.timeout, "seconds to connect in")->check(seconds(1e-3));
}

void add_run_options(CLI::App& command, FeedRunOptions& options) {
    command.add_option("--subscribe", options.subscribe, "channel to subscribe to; may be repeated")
        ->allow_extra_args(false);
    auto* const venue = command.add_option("--venue", options.venue.venue,
                                           "a venue of 'pinwheel venues', or a profile's file: its channels "
                                           "are kept alive as it demands");
    venue->excludes(command.get_option("--subscribe"));
    command
        .add_option("--channel", options.venue.channels,
                    "of the venue: NAME:SYMBOL, or its own text; may be repeated")
        ->allow_extra_args(false)
        ->needs(venue);
    command.add_option("--url", options.venue.url, "in place of the venue's endpoint")->needs(venue);
    command.add_option("--legs", options.venue.legs, "sessions per channel, 1 to 4 (1)")
        ->check(whole(1, 4))
        ->needs(venue);
    command.add_option("--retries", options.retries, "tries to connect again after a loss (10)")
        ->check(whole(0, 1'000'000));
    command.add_flag("-v,--verbose", options.verbose, "tell each step of the session on stderr");
}

bool is_nats_url(const std::string& url) noexcept {
    return url.starts_with("nats://") || url.starts_with("tls://");
}

void add_nats_options(CLI::App& command, NatsServerOptions& options) {
    command.add_option("--stream", options.stream, "of JetStream");
    command.add_option("--prefix", options.prefix, "first tokens of the subjects (md)");
    command.add_option("--nats-creds", options.credentials_file,
                       "file of the NATS user: .creds, or one line with user:password or a token");
    command.add_option("--nats-ca", options.ca_file,
                       "PEM file of the authorities to trust for NATS, in place of the system's");
    auto* const certificate = command.add_option("--nats-cert", options.certificate_file,
                                                 "PEM file of this client's certificate for NATS");
    command.add_option("--nats-key", options.key_file, "PEM file of its key")->needs(certificate);
    certificate->needs(command.get_option("--nats-key"));
}

std::string describe(const CLI::App* app, const CLI::Error& error) {
    const CLI::App* at = app;
    std::string command;
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
        command += at->get_name() + " ";
    }
    std::string what = error.what();
    const auto strays = app->remaining(true);
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    const bool lacks_command = code == CLI::ExitCodes::RequiredError && !at->get_subcommands(nullptr).empty();
    if ((code == CLI::ExitCodes::ExtrasError || lacks_command) && !strays.empty())
        what = describe_stray(strays.front(), *at, at != app);
    if (!what.ends_with('?')) what += ';';
    return "pinwheel: " + printable(what) + " see pinwheel " + command + "--help\n";
}

}  // namespace pinwheel::tool
