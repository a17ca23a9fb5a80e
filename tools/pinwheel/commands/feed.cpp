#include "../../feed/feed_server.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "../../feed/temporary_identity.h"
#include "options.h"
#include "playback_file.h"

namespace pinwheel::tool {
namespace {

struct FeedCommandOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string certificate{};
    std::string key{};
    bool tls = false;      // with a certificate made on the spot
    std::string ca_out{};  // where to write that certificate's authority
    double rate = 10'000;
    std::uint64_t seed = 1;
    std::string capture{};
    std::string speed = "1";  // a factor, or "max"
};

/// What is wrong with a file that was named is wrong usage.
template <typename Load>
auto load_named(Load load) {
    try {
        return load();
    } catch (const std::system_error& error) {
        throw UsageError{reason_of(error)};
    } catch (const std::runtime_error& error) {
        throw UsageError{error.what()};
    }
}

/// Others see the old file or the whole new one. What is not a regular file is written where it stands.
void write_authority(const std::string& path, const std::string& text) {
    std::error_code unknown;
    const auto kind = std::filesystem::status(path, unknown).type();
    const bool in_place =
        kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found;
    const std::string draft = in_place ? path : path + "." + std::to_string(::getpid()) + ".tmp";
    std::ofstream out(draft);
    out << text;
    out.close();
    if (out && (in_place || std::rename(draft.c_str(), path.c_str()) == 0)) return;
    const std::string reason = std::strerror(errno);
    if (!in_place) std::remove(draft.c_str());
    throw UsageError{"--ca-out '" + path + "' cannot be written: " + reason};
}

std::optional<TlsContext> make_tls(const FeedCommandOptions& options, std::string& authority) {
    if (!options.certificate.empty())
        return load_named([&] {
            return TlsContext::server({.certificate_file = options.certificate, .key_file = options.key});
        });
    if (!options.tls) return std::nullopt;
    const TemporaryIdentity identity;
    authority = identity.authority();
    return TlsContext::server(
        {.certificate_file = identity.certificate_file(), .key_file = identity.key_file()});
}

void listen(std::optional<FeedServer>& server, Reactor& reactor, const FeedServerOptions& options) {
    try {
        server.emplace(reactor, options);
    } catch (const std::system_error& error) {
        throw std::runtime_error(reason_of(error) +
                                 "; choose another --address or --port (0: the system chooses a free one)");
    }
}

int feed(const FeedCommandOptions& options) {
    catch_hangups();
    const auto endpoint = Endpoint::parse(options.address, options.port);
    if (!endpoint) throw UsageError{"--address '" + options.address + "' is no IPv4 or IPv6 address"};
    const double speed = parse_speed("--speed", options.speed);
    std::function<std::unique_ptr<Playback>()> playback;
    if (!options.capture.empty()) playback = open_playback({options.capture});
    std::string authority;
    auto tls = make_tls(options, authority);
    Reactor reactor;
    std::optional<FeedServer> server;
    listen(server, reactor,
           {.listen = *endpoint,
            .tls = tls ? &*tls : nullptr,
            .rate = options.rate,
            .seed = options.seed,
            .playback = std::move(playback),
            .speed = speed,
            .exhausted = complain_of_exhaustion});
    if (!options.ca_out.empty()) write_authority(options.ca_out, authority);
    std::printf("%u\n", server->endpoint().port());
    std::printf("serving %s://%s/\n", tls ? "wss" : "ws", server->endpoint().to_string().c_str());
    if (std::fflush(stdout) != 0)
        throw std::runtime_error(std::string("standard output cannot be written: ") + std::strerror(errno));
    run_until_stopped(reactor);
    return 0;
}

}  // namespace

Command feed_command(CLI::App& app) {
    const auto options = std::make_shared<FeedCommandOptions>();
    auto* const command = add_command(app, "feed", "serve a synthetic or recorded exchange feed",
                                      "pinwheel feed --port 8443 --tls --ca-out ca.pem --rate 50000");
    command->add_option("--address", options->address, "address to listen on");
    command->add_option("--port", options->port, "0: the system chooses; the first line printed tells")
        ->check(whole(0, 65535));
    auto* const cert =
        command->add_option("--cert", options->certificate, "PEM certificate chain to serve wss with");
    command->add_option("--key", options->key, "its key")->needs(cert);
    auto* const made =
        command->add_flag("--tls", options->tls, "serve wss with a certificate made on the spot");
    made->excludes(cert);
    command->add_option("--ca-out", options->ca_out, "with --tls: write the authority's certificate here")
        ->needs(made);
    command->add_option("--rate", options->rate, "messages a second")->check(rate());
    command->add_option("--seed", options->seed, "of the synthetic market")
        ->check(whole(0, std::numeric_limits<std::uint64_t>::max()));
    command->add_option("--capture", options->capture,
                        "serve this recording or tab-separated capture instead");
    command->add_option("--speed", options->speed, "times the recorded pace, or 'max'");
    return {command, [options] { return feed(*options); }};
}

}  // namespace pinwheel::tool
