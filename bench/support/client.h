#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../core/histogram.h"
#include "../../net/socket_dialer.h"
#include "../../proto/delivery/callback_sink.h"
#include "../../proto/websocket/connection.h"
#include "contender.h"

namespace pinwheel::bench {

/// Shared by connections.
struct ClientParts {
    explicit ClientParts(ReactorMode mode, const Target& target, TlsRecords records = TlsRecords::openssl)
        : reactor({.mode = mode}) {
        tls = std::make_unique<TlsContext>(TlsOptions{.ca_file = target.ca_file, .records = records});
        dialer = std::make_unique<SocketDialer>(reactor, resolver, tls.get());
    }
    Reactor reactor;
    Resolver resolver{reactor};
    std::unique_ptr<TlsContext> tls;
    std::unique_ptr<SocketDialer> dialer;
};

/// One connection of many, which counts its messages.
class Client final : private ConnectionHandler {
  public:
    Client(ClientParts& parts, const Target& target)
        : parts_(parts), connection_(parts.reactor, *parts.dialer, ConnectionOptions{}, *this, sink_) {
        const auto url = Url::parse((target.tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") +
                                    std::to_string(target.port) + target.path);
        connection_.start(*url);
    }

    /// Requests the messages of its path.
    void ask() {
        std::array<std::byte, kSmallestPayload> request{};
        if (connection_.send(Opcode::binary, request) != Errc::ok) throw std::runtime_error("not sent");
    }
    /// From now on the time from each message's arrival in the kernel is recorded in it.
    void keep_kernel_latency(Histogram& histogram) noexcept { kernel_latency_ = &histogram; }
    void close() { connection_.close(to_wire(CloseCode::normal)); }
    [[nodiscard]] bool is_open() const { return connection_.is_open(); }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    [[nodiscard]] TlsInfo tls_info() const { return connection_.tls_info(); }

    /// Turns the reactor until `done`.
    template <class Done>
    static void turn_until(ClientParts& parts, Done done) {
        while (!done()) parts.reactor.poll_for(std::chrono::seconds{1});
    }

  private:
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& end) override {
        ended_ = true;
        if (end.error.failed() && end.error.code != Errc::closed_by_peer &&
            end.error.code != Errc::end_of_stream)
            throw std::runtime_error(end.error.message());
    }
    void on_message(const Message& message) {
        ++messages_;
        if (kernel_latency_ == nullptr) return;
        if (message.kernel_received == SystemTime{}) throw std::runtime_error("no time of arrival");
        kernel_latency_->record((parts_.reactor.system_now() - message.kernel_received).count());
    }

    ClientParts& parts_;
    std::uint64_t messages_ = 0;
    bool ended_ = false;
    Histogram* kernel_latency_ = nullptr;
    CallbackSink sink_{CallbackSink::Callback::member<&Client::on_message>(*this)};
    Connection connection_;
};

}  // namespace pinwheel::bench
