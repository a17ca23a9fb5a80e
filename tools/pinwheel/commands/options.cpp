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

/// Option lines of the form `--port PORT  description (default 0)`.
class HelpFormatter final : public CLI::Formatter {
  public:
    [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override {
        const std::string value = option->get_type_size() == 0 ? std::string() : option->get_type_name();
        const bool repeats = option->get_expected_max() == CLI::detail::expected_max_vector_size;
        return (value.empty() ? "" : " " + value) + (repeats ? " ..." : "");
    }
    [[nodiscard]] std::string make_option_desc(const CLI::Option* option) const override {
        std::string notes;
        const auto note = [&](const std::string& text) { notes += (notes.empty() ? " (" : "; ") + text; };
        if (!option->get_default_str().empty()) note("default " + option->get_default_str());
        for (const CLI::Option* other : option->get_needs()) note("needs " + other->get_name());
        for (const CLI::Option* other : option->get_excludes()) note("not with " + other->get_name());
        return option->get_description() + notes + (notes.empty() ? "" : ")");
    }
};

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
        return "one argument too many, not shown because it may be a secret; quote a value with spaces";
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

void adopt_help_style(CLI::App& app) {
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_help_flag("-h,--help", "print this help and exit");
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
        add_value(command, "URL", options.url, "", "ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
    if (with_config)
        add_value(command, "--config", options.config_file, "FILE",
                  "JSON file with URL, subscriptions, TLS, reactor and limits; the command line takes "
                  "precedence");
    else
        url->required();
    add_value(command, "--ca", options.ca_file, "FILE",
              "PEM file of trusted authorities, instead of the system's");
    add_value(command, "--header", options.headers, "HEADER",
              "extra request header, 'Name: value'; repeatable")
        ->allow_extra_args(false);
    add_value(command, "--header-file", options.header_files, "FILE",
              "file of such headers, one a line, which keeps secrets out of the process list; repeatable")
        ->allow_extra_args(false);
    add_value(command, "--header-env", options.header_variables, "NAME=VARIABLE",
              "extra request header with the value of an environment variable; repeatable")
        ->allow_extra_args(false);
    add_value(command, "--subprotocol", options.subprotocols, "NAME",
              "subprotocol to offer, the preferred one first; repeatable")
        ->allow_extra_args(false);
    auto* const certificate = add_value(command, "--cert", options.certificate_file, "FILE",
                                        "PEM file of this client's certificate chain");
    auto* const key = add_value(command, "--key", options.key_file, "FILE", "PEM key of that certificate");
    key->needs(certificate);
    certificate->needs(key);
    command.add_flag("--dangerously-disable-certificate-verification",
                     options.dangerously_disable_certificate_verification,
                     "accept any certificate: anyone on the path can then read and change all traffic");
    add_value(command, "--proxy", options.proxy, "URL|none",
              "proxy to connect through, http://[USER:PASSWORD@]HOST[:PORT] or the same with socks5h; 'none' "
              "connects directly")
        ->default_str("HTTPS_PROXY or ALL_PROXY of the environment");
    auto* const epoll = command.add_flag_callback(
        "--epoll", [&options] { options.epoll = true; }, "sleep between messages instead of spinning");
    if (with_config)
        command
            .add_flag_callback(
                "--spin", [&options] { options.epoll = false; }, "spin, whatever the config says")
            ->excludes(epoll);
    add_value(command, "--cpu", options.cpu, "CPU", "pin the thread to this core")
        ->check(whole(0, std::numeric_limits<int>::max()));
    add_value(command, "--timeout", options.timeout, "SECONDS", "time limit of a connection attempt")
        ->default_str(with_config ? "10, or the config's" : "10")
        ->check(seconds(1e-3));
}

void add_run_options(CLI::App& command, FeedRunOptions& options) {
    add_value(command, "--subscribe", options.subscribe, "CHANNEL", "channel to subscribe to; repeatable")
        ->allow_extra_args(false);
    auto* const venue =
        add_value(command, "--venue", options.venue.venue, "NAME|FILE",
                  "venue of 'pinwheel venues', or a profile's file; its rules keep the channels alive");
    venue->excludes(command.get_option("--subscribe"));
    add_value(command, "--send", options.send, "MESSAGE",
              "text message to send at each connect, for example a subscription; repeatable")
        ->allow_extra_args(false)
        ->excludes(venue);
    add_value(command, "--channel", options.venue.channels, "NAME:SYMBOL",
              "channel of the venue, or the venue's own text of one; repeatable")
        ->allow_extra_args(false)
        ->needs(venue);
    add_value(command, "--endpoint", options.venue.endpoint, "NAME", "endpoint of the venue's profile")
        ->needs(venue);
    add_value(command, "--url", options.venue.urls, "URL",
              "replaces the venue's endpoint; repeatable: the sessions take the URLs in turn")
        ->allow_extra_args(false)
        ->needs(venue);
    add_value(command, "--legs", options.venue.legs, "COUNT",
              "sessions that bring each channel, 1 to 4; each message counts once, while one session lives")
        ->capture_default_str()
        ->check(whole(1, 4))
        ->needs(venue);
    add_value(command, "--retries", options.retries, "COUNT",
              "tries to connect again after a loss; if given, also for the first connection")
        ->default_str("10, or the config's")
        ->check(whole(0, 1'000'000));
    command.add_flag("-v,--verbose", options.verbose, "print each step of the session to stderr");
}

bool is_nats_url(const std::string& url) noexcept {
    return url.starts_with("nats://") || url.starts_with("tls://");
}

std::string without_credentials(const std::string& url) {
    const auto begin = url.find("://") + 3;
    const auto end = url.find('@', begin);
    const bool has_credentials = end != std::string::npos && end < url.find('/', begin);
    return has_credentials ? std::string(url).erase(begin, end + 1 - begin) : url;
}

void add_nats_options(CLI::App& command, NatsServerOptions& options) {
    add_value(command, "--stream", options.stream, "NAME", "JetStream stream");
    add_value(command, "--prefix", options.prefix, "PREFIX", "first tokens of the subjects")
        ->capture_default_str();
    add_value(command, "--nats-creds", options.credentials_file, "FILE",
              "credentials for NATS: .creds, or one line with USER:PASSWORD or a token");
    add_value(command, "--nats-ca", options.ca_file, "FILE",
              "PEM file of trusted authorities for NATS, instead of the system's");
    auto* const certificate = add_value(command, "--nats-cert", options.certificate_file, "FILE",
                                        "PEM file of this client's certificate for NATS");
    add_value(command, "--nats-key", options.key_file, "FILE", "PEM key of that certificate")
        ->needs(certificate);
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
