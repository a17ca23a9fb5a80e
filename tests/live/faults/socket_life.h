#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>

#include "../../../net/socket_dialer.h"
#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../../tools/feed/feed_server.h"
#include "../../../tools/feed/temporary_identity.h"
#include "../../support/frames.h"

namespace pinwheel::test {

/// The built-in server, and the certificate that its clients trust.
struct FaultsServer {
    TemporaryIdentity identity;
    TlsContext tls = TlsContext::server(
        {.certificate_file = identity.certificate_file(), .key_file = identity.key_file()});
    Reactor reactor;
    FeedServer plain{reactor, {.listen = *Endpoint::parse("127.0.0.1", 0), .rate = 0}};
    FeedServer secured{reactor, {.listen = *Endpoint::parse("127.0.0.1", 0), .tls = &tls, .rate = 0}};

    /// Until the disconnected clients are removed, including those that never sent a byte.
    void settle() {
        for (int quiet = 0; quiet < 3; ++quiet)
            while (reactor.poll() > 0) quiet = 0;
        while (plain.clients() + secured.clients() > 0) reactor.poll();
    }
};

/// Counts without allocating: failures below must not be absorbed here.
struct LifeLog final : ConnectionHandler {
    static constexpr std::size_t kMessages = 3;

    void on_open() override {
        ++opens;
        for (std::size_t i = 0; i < kMessages; ++i)
            if (connection->send(Opcode::binary, payload) != Errc::ok) ++unsent;
        if (unsent > 0) connection->close(1000, "unsent");
    }
    void on_pong(std::span<const std::byte>) override { connection->close(1000, "done"); }
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override {
        ++ends;
        code = ended.error.code;
        text_size = ended.error.detail.copy(text.data(), text.size());
    }
    void on_message(const Message& message) {
        if (message.payload.size() == payload.size()) ++echoes;
        if (echoes == kMessages && connection->ping({}) != Errc::ok) connection->close(1000, "no ping");
    }
    [[nodiscard]] std::string error_text() const { return {text.data(), text_size}; }
    [[nodiscard]] bool succeeded() const { return ends == 1 && code == Errc::ok && echoes == kMessages; }

    Connection* connection = nullptr;
    std::array<std::byte, 20'000> payload{};
    std::size_t echoes = 0;
    int opens = 0;
    int unsent = 0;
    int ends = 0;
    Errc code = Errc::ok;
    std::array<char, 400> text{};
    std::size_t text_size = 0;
};

[[nodiscard]] inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A complete life of a client; `around` runs each of its steps. Returns the exception of its construction or
/// start, or that it hangs; empty if it ran to the end. `timeouts_help`: a timeout is an acceptable end.
template <class Around>
std::string live(FaultsServer& server, bool with_tls, bool with_arrival_times, LifeLog& log, Around around,
                 bool timeouts_help = false) {
    const auto port = (with_tls ? server.secured : server.plain).endpoint().port();
    const std::string scheme = with_tls ? "wss" : "ws";
    const auto url = *Url::parse(scheme + "://127.0.0.1:" + std::to_string(port) + "/echo");
    const std::string ca_file = server.identity.authority_file();
    ManualClock clock;
    std::optional<Reactor> reactor;
    std::optional<Resolver> resolver;
    std::optional<TlsContext> tls;
    std::optional<SocketDialer> dialer;
    std::optional<CallbackSink> sink;
    std::optional<Connection> connection;
    std::string thrown;
    around([&] {
        try {
            reactor.emplace(ReactorOptions{.clock = &clock});
            resolver.emplace(*reactor);
            if (with_tls) tls.emplace(TlsOptions{.ca_file = ca_file});
            SocketDialerOptions options;
            options.socket.receive_timestamps = with_arrival_times;
            dialer.emplace(*reactor, *resolver, with_tls ? &*tls : nullptr, options);
            sink.emplace(CallbackSink::Callback::member<&LifeLog::on_message>(log));
            connection.emplace(*reactor, *dialer, ConnectionOptions{}, log, *sink);
            log.connection = &*connection;
            connection->start(url);
        } catch (const std::system_error& error) {
            thrown = error.what();
        } catch (const std::bad_alloc&) {
            thrown = "bad_alloc";
        }
    });
    // Timeouts fire only after many turns without any other event.
    for (int turns = 0; thrown.empty() && !(log.ends > 0 && connection->drained()); ++turns) {
        if (turns > 4'000) clock.advance(std::chrono::seconds{1});
        if (turns > (timeouts_help ? 8'000 : 4'000)) return "it hangs";
        clock.advance(std::chrono::microseconds{10});
        around([&] {
            try {
                reactor->poll_for(std::chrono::microseconds{1});
            } catch (const std::bad_alloc&) {
                ++log.unsent;
            }
        });
        server.reactor.poll();
    }
    return thrown;
}

}  // namespace pinwheel::test
