#include "client.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "../../../core/cpu.h"
#include "../../../core/text_file.h"
#include "../terminal/screen_text.h"

namespace pinwheel::tool {
namespace {

constexpr double kDefaultTimeout = 10;  // seconds
constexpr std::size_t kLongestLine = 4096;
constexpr std::uint64_t kLargestHeaderFile = std::uint64_t{1} << 16;

std::atomic<bool> g_interrupted{false};
std::atomic<Reactor*> g_running{nullptr};

cpu_set_t g_cores_before_pin{};
bool g_pinned = false;

void pin(int cpu) {
    const bool known = ::sched_getaffinity(0, sizeof g_cores_before_pin, &g_cores_before_pin) == 0;
    if (const Error refused = pin_to_cpu(cpu); refused.failed()) throw UsageError{refused.message()};
    CPU_CLR(static_cast<std::size_t>(cpu), &g_cores_before_pin);
    g_pinned = known && CPU_COUNT(&g_cores_before_pin) > 0;
}

void on_signal(int) {
    g_interrupted = true;
    if (Reactor* const reactor = g_running)
        reactor->stop();  // async-signal-safe: an atomic store and a write
}

HttpHeader parse_header(const std::string& where, const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) throw UsageError{where + " needs 'Name: value', with a colon"};
    const auto value = text.find_first_not_of(' ', colon + 1);
    return {text.substr(0, colon), value == std::string::npos ? std::string() : text.substr(value)};
}

/// A line each. Empty lines and lines that begin with # do not count.
void read_headers(const std::string& file, std::vector<HttpHeader>& headers) {
    const auto text = read_text_file(file, kLargestHeaderFile);
    if (!text) throw UsageError{"--header-file: " + text.error().message()};
    std::istringstream lines(*text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        headers.push_back(parse_header("--header-file '" + file + "' line " + std::to_string(number), line));
    }
}

/// `Name=VARIABLE`: the value is that of the environment variable.
HttpHeader header_of_variable(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size())
        throw UsageError{"--header-env wants NAME=VARIABLE, with the name of an environment variable"};
    const std::string variable = text.substr(equals + 1);
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr)
        throw UsageError{"--header-env: the environment has no variable '" + variable + "'; export it first"};
    return {text.substr(0, equals), value};
}

std::vector<HttpHeader> headers_of(const ClientOptions& options) {
    std::vector<HttpHeader> headers;
    for (const auto& file : options.header_files) read_headers(file, headers);
    for (const auto& variable : options.header_variables) headers.push_back(header_of_variable(variable));
    for (const auto& header : options.headers) headers.push_back(parse_header("--header", header));
    return headers;
}

/// The proxy of the command line, else that of the environment.
std::optional<Proxy> proxy_of(const ClientOptions& options) {
    if (options.proxy == "none") return std::nullopt;
    if (options.proxy.empty()) {
        auto proxy = Proxy::from_environment(&std::getenv);
        if (!proxy) throw UsageError{proxy.error().message()};
        return *std::move(proxy);
    }
    auto proxy = Proxy::parse(options.proxy);
    if (!proxy) throw UsageError{"--proxy: " + proxy.error().message()};
    return *std::move(proxy);
}

/// The file's values, overridden by those of the command line.
Config resolve(const ClientOptions& options) {
    Config config;
    if (!options.config_file.empty()) {
        auto loaded = load_config(options.config_file);
        if (!loaded) throw UsageError{loaded.error().message()};
        config = *std::move(loaded);
    } else {
        config.mode = ReactorMode::busy_spin;
    }
    if (!options.url.empty()) config.url = options.url;
    if (!config.url && !options.fallback_url.empty()) config.url = options.fallback_url;
    if (!config.url)
        throw UsageError{"URL is required, here or in the file of --config; see pinwheel " + options.command +
                         " --help"};
    if (!options.ca_file.empty()) config.tls.ca_file = options.ca_file;
    if (!options.certificate_file.empty()) config.tls.certificate_file = options.certificate_file;
    if (!options.key_file.empty()) config.tls.key_file = options.key_file;
    config.tls.dangerously_disable_certificate_verification |=
        options.dangerously_disable_certificate_verification;
    if (options.epoll) config.mode = *options.epoll ? ReactorMode::epoll : ReactorMode::busy_spin;
    if (options.cpu) config.cpu = options.cpu;
    return config;
}

}  // namespace

Client::Client(const ClientOptions& options)
    : has_config_(!options.config_file.empty()), config_(resolve(options)), url_(Url::parse(*config_.url)) {
    if (!url_) throw UsageError{url_.error().message()};
    connection_options_.upgrade.headers = headers_of(options);
    connection_options_.upgrade.subprotocols = options.subprotocols;
    if (const Error refused = validate(connection_options_.upgrade); refused.failed())
        throw UsageError{refused.message()};
    if (options.timeout || !has_config_)
        timeout_ = std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(options.timeout.value_or(kDefaultTimeout)));
    connection_options_.connection_timeout = timeout_.value_or(config_.limits.limits.connection_timeout);
    if (url_->tls() && options.dangerously_disable_certificate_verification)
        complain("certificates are not verified: anyone on the path can read and change all traffic");
    if (config_.cpu) pin(*config_.cpu);
    reactor_ = std::make_unique<Reactor>(ReactorOptions{.mode = config_.mode.value_or(ReactorMode::epoll)});
    try {
        NetworkOptions network;
        network.tls = config_.tls;
        network.sockets.proxy = proxy_of(options);
        network_ = std::make_unique<Network>(*reactor_, network, url_->tls() || !config_.tls.ca_file.empty());
    } catch (const std::system_error& error) {
        const bool named_in_file = has_config_ && options.ca_file.empty();
        throw UsageError{(named_in_file ? options.config_file + ": tls." : "") + reason_of(error)};
    }
}

WebSocketOptions Client::session_options() {
    WebSocketOptions options{.upgrade = connection_options_.upgrade, .dialer = network_.get()};
    if (timeout_) options.connection_timeout = *timeout_;
    if (has_config_) options.config = config_.limits;
    return options;
}

void leave_pinned_core() noexcept {
    if (g_pinned) std::ignore = ::sched_setaffinity(0, sizeof g_cores_before_pin, &g_cores_before_pin);
}

void catch_signals() {
    std::signal(SIGINT, &on_signal);
    std::signal(SIGTERM, &on_signal);
}

void catch_hangups() {
    catch_signals();
    std::signal(SIGQUIT, &on_signal);
    if (std::signal(SIGHUP, &on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

void run_until_stopped(Reactor& reactor) {
    g_running = &reactor;
    catch_signals();
    if (!g_interrupted) reactor.run();
    g_running = nullptr;
}

void run_until(Reactor& reactor, FunctionRef<bool()> done) {
    g_running = &reactor;
    catch_signals();
    reactor.run_until([&] { return done() || g_interrupted; });
    g_running = nullptr;
}

bool interrupted() noexcept {
    return g_interrupted;
}

void complain(std::string message) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOptions{
        {{"with ca_file", "with --ca"},
         {"ca_file '", "--ca '"},
         {"certificate_file '", "--cert '"},
         {"key_file '", "--key '"}}};
    for (const auto& [in_library, here] : kOptions)
        if (const auto at = message.find(in_library);
            at == 0 || (at != std::string::npos && here.starts_with("with")))
            message.replace(at, in_library.size(), here);
    std::fprintf(stderr, "pinwheel: %s\n", fit(message, kLongestLine).c_str());
}

void ComplainOfExhaustion::operator()(Errc reason) const noexcept {
    const std::string_view what = describe(reason);
    std::fprintf(stderr, "pinwheel: clients wait to be accepted: %.*s; %s\n", static_cast<int>(what.size()),
                 what.data(),
                 reason == Errc::out_of_descriptors ? "raise the limit of open files (ulimit -n)"
                                                    : "free memory of this machine");
}

std::string reason_of(const std::system_error& error) {
    const std::string all = error.what();
    const std::string general = ": " + error.code().message();
    const bool said_before = error.code().category() == pinwheel_category() && all.ends_with(general);
    return said_before ? all.substr(0, all.size() - general.size()) : all;
}

}  // namespace pinwheel::tool
