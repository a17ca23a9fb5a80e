#include "../../feed/feed_server.h"
#include "../../feed/venue_server.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "../../feed/temporary_identity.h"
#include "../terminal/screen_text.h"
#include "options.h"
#include "playback_file.h"
#include "venue_choice.h"

namespace pinwheel::tool {
namespace {

struct FeedCommandOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string certificate{};
    std::string key{};
    bool tls = false;      // with a certificate made at run time
    std::string ca_out{};  // the file for the certificate of its authority
    std::optional<double> rate{};
    std::uint64_t seed = 1;
    std::string capture{};
    std::string speed = "1";  // a factor, or "max"
    std::string venue{};
    std::optional<std::uint64_t> faults{};  // a seed
    bool by_clock = false;
};

/// Converts faults of a named file to usage errors.
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

/// Readers see the old file or the complete new one. A file that is not regular is written in place.
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

/// Makes a server. The error has advice if it cannot listen.
template <class Server, class... Arguments>
void listen(std::optional<Server>& server, Reactor& reactor, const Arguments&... arguments) {
    try {
        server.emplace(reactor, arguments...);
    } catch (const std::system_error& error) {
        throw std::runtime_error(reason_of(error) +
                                 "; choose another --address or --port (0: the system chooses a free one)");
    }
}

void greet(const Endpoint& endpoint, bool is_secure) {
    std::printf("%u\n", endpoint.port());
    std::printf("serving %s://%s/\n", is_secure ? "wss" : "ws", endpoint.to_string().c_str());
    if (std::fflush(stdout) != 0)
        throw std::runtime_error(std::string("standard output cannot be written: ") + std::strerror(errno));
}

/// A simulated venue. Each limit that a client breaks is printed.
int serve_venue(const FeedCommandOptions& options, const Endpoint& endpoint) {
    const VenueProfile profile = choose_venue(options.venue);
    std::string authority;
    auto tls = make_tls(options, authority);
    Reactor reactor;
    const auto print = [](const VenueViolation& violation) {
        std::printf("violation: %s\n", printable(violation.what).c_str());
        std::fflush(stdout);
    };
    SimulationOptions simulation{.faults = options.faults.has_value()};
    simulation.by_clock = options.by_clock;
    if (options.rate) simulation.rate = *options.rate;
    simulation.seed = options.faults.value_or(options.seed);
    std::optional<VenueServer> server;
    try {
        listen(server, reactor, profile,
               VenueServerOptions{.listen = endpoint,
                                  .tls = tls ? &*tls : nullptr,
                                  .simulation = simulation,
                                  .on_violation = print,
                                  .exhausted = complain_of_exhaustion});
    } catch (const std::invalid_argument& error) {
        throw UsageError{error.what()};
    }
    if (!options.ca_out.empty()) write_authority(options.ca_out, authority);
    greet(server->endpoint(), tls.has_value());
    run_until_stopped(reactor);
    const VenueCounts& counts = server->venue().counts();
    std::printf("%zu violations; %" PRIu64 " connects, %" PRIu64 " messages of clients, %" PRIu64
                " of data sent\n",
                server->venue().violations().size(), counts.connects, counts.requests, counts.data);
    if (options.faults)
        std::printf("faults: %" PRIu64 " requests, %" PRIu64 " acknowledgements and %" PRIu64
                    " data messages lost, %" PRIu64 " channels refused, %" PRIu64 " cuts, %" PRIu64
                    " notices, %" PRIu64 " delays\n",
                    counts.lost_requests, counts.lost_acks, counts.lost_data, counts.refused_channels,
                    counts.cuts, counts.notices, counts.delays);
    return 0;
}

int feed(const FeedCommandOptions& options) {
    catch_hangups();
    const auto endpoint = Endpoint::parse(options.address, options.port);
    if (!endpoint) throw UsageError{"--address '" + options.address + "' is not an IPv4 or IPv6 address"};
    if (!options.venue.empty()) return serve_venue(options, *endpoint);
    const double speed = parse_speed("--speed", options.speed);
    std::function<std::unique_ptr<Playback>()> playback;
    if (!options.capture.empty()) playback = open_playback({options.capture});
    std::string authority;
    auto tls = make_tls(options, authority);
    Reactor reactor;
    std::optional<FeedServer> server;
    listen(server, reactor,
           FeedServerOptions{.listen = *endpoint,
                             .tls = tls ? &*tls : nullptr,
                             .rate = options.rate.value_or(FeedServerOptions{}.rate),
                             .seed = options.seed,
                             .playback = std::move(playback),
                             .speed = speed,
                             .exhausted = complain_of_exhaustion});
    if (!options.ca_out.empty()) write_authority(options.ca_out, authority);
    greet(server->endpoint(), tls.has_value());
    run_until_stopped(reactor);
    return 0;
}

}  // namespace

Command feed_command(CLI::App& app) {
    const auto options = std::make_shared<FeedCommandOptions>();
    auto* const command =
        add_command(app, "feed", "serve the built-in exchange, a recorded session, or a simulated venue",
                    "pinwheel feed --port 8443 --tls --ca-out ca.pem --rate 50000");
    add_value(*command, "--address", options->address, "ADDRESS", "address to listen on")
        ->capture_default_str();
    add_value(*command, "--port", options->port, "PORT",
              "port to listen on; 0: a free port; the first line printed is the port")
        ->capture_default_str()
        ->check(whole(0, 65535));
    auto* const cert =
        add_value(*command, "--cert", options->certificate, "FILE", "PEM certificate chain, to serve wss");
    auto* const key = add_value(*command, "--key", options->key, "FILE", "PEM key of the certificate");
    key->needs(cert);
    auto* const made =
        command->add_flag("--tls", options->tls, "serve wss with a certificate that is made at the start");
    made->excludes(cert);
    add_value(*command, "--ca-out", options->ca_out, "FILE",
              "write the authority of the certificate of --tls to this file")
        ->needs(made);
    add_value(*command, "--rate", options->rate, "RATE", "messages a second")
        ->default_str("10000, of a venue 100")
        ->check(rate());
    add_value(*command, "--seed", options->seed, "SEED", "seed of the synthetic market or venue")
        ->capture_default_str()
        ->check(whole(0, std::numeric_limits<std::uint64_t>::max()));
    auto* const capture = add_value(*command, "--capture", options->capture, "FILE",
                                    "serve this recording or tab-separated capture");
    auto* const venue = add_value(*command, "--venue", options->venue, "NAME|FILE",
                                  "simulate this venue of 'pinwheel venues' with its limits, and print each "
                                  "violation of one");
    venue->excludes(capture);
    add_value(*command, "--faults", options->faults, "SEED",
              "lose requests, acknowledgements and data, refuse channels, cut and delay connections, as this "
              "seed decides")
        ->check(whole(0, std::numeric_limits<std::uint64_t>::max()))
        ->needs(venue);
    command
        ->add_flag("--by-clock", options->by_clock,
                   "send the same messages as every server with this seed and rate: the time of day decides "
                   "them, and --rate is the rate of each channel")
        ->needs(venue);
    add_value(*command, "--speed", options->speed, "FACTOR|max",
              "factor of the recorded pace, or the fastest")
        ->capture_default_str();
    return {command, [options] { return feed(*options); }};
}

}  // namespace pinwheel::tool
