#include "client.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "../../core/cpu.h"

namespace pinwheel::tool {
namespace {

std::atomic<bool> g_interrupted{false};
std::atomic<Reactor*> g_running{nullptr};

void on_signal(int) {
    g_interrupted = true;
    if (Reactor* const reactor = g_running) reactor->stop();  // an atomic store and a write: safe here
}

HttpHeader parse_header(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) throw UsageError{"--header wants 'Name: value', with a colon"};
    const auto value = text.find_first_not_of(' ', colon + 1);
    return {text.substr(0, colon), value == std::string::npos ? std::string() : text.substr(value)};
}

}  // namespace

Client::Client(const ClientOptions& options) : url_(Url::parse(options.url)) {
    if (!url_) throw UsageError{url_.error().message()};
    for (const auto& header : options.headers)
        connection_options_.upgrade.headers.push_back(parse_header(header));
    if (const Error refused = validate(connection_options_.upgrade)) throw UsageError{refused.message()};
    connection_options_.connection_timeout =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.timeout));
    if (options.cpu >= 0)
        if (const Error refused = pin_to_cpu(options.cpu)) throw UsageError{refused.message()};
    reactor_ = std::make_unique<Reactor>(
        ReactorOptions{.mode = options.epoll ? ReactorMode::epoll : ReactorMode::busy_spin});
    try {
        network_ = std::make_unique<Network>(*reactor_, NetworkOptions{.tls = {.ca_file = options.ca_file}},
                                             url_->tls() || !options.ca_file.empty());
    } catch (const std::system_error& error) {
        throw UsageError{reason_of(error)};
    }
}

WebSocketOptions Client::session_options() {
    return {.connection_timeout = connection_options_.connection_timeout,
            .upgrade = connection_options_.upgrade,
            .dialer = network_.get()};
}

void catch_signals() {
    std::signal(SIGINT, &on_signal);
    std::signal(SIGTERM, &on_signal);
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
    while (!done() && !g_interrupted)
        if (reactor.poll_for(Duration::max()) == 0 && reactor.mode() == ReactorMode::busy_spin) relax();
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
    std::fprintf(stderr, "pinwheel: %s\n", message.c_str());
}

std::string reason_of(const std::system_error& error) {
    const std::string all = error.what();
    const std::string general = ": " + error.code().message();
    const bool said_before = error.code().category() == pinwheel_category() && all.ends_with(general);
    return said_before ? all.substr(0, all.size() - general.size()) : all;
}

}  // namespace pinwheel::tool
