#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../../../core/bytes.h"
#include "../../../net/reactor.h"
#include "../../../net/resolver.h"
#include "../../../net/socket_dialer.h"
#include "../../../net/tls_context.h"
#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"

namespace pinwheel::test {

/// One connection over the real network that records its messages.
class Client : public ConnectionHandler {
  public:
    /// Trusts the authority in `ca_file`, or the system's if it is empty.
    explicit Client(const std::string& ca_file = {}, TlsRecords records = TlsRecords::openssl)
        : tls_({.ca_file = ca_file, .records = records}) {}

    /// Starts the attempt and turns the loop until it is open or has ended.
    void connect(const std::string& url) {
        connection_ = std::make_unique<Connection>(reactor_, dialer_, options, *this, sink_);
        connection_->start(*Url::parse(url));
        turn_until([this] { return opened || ended; });
    }

    void send(const std::string& payload, Opcode opcode = Opcode::text) {
        while (connection_->send(opcode, bytes_of(payload)) == Errc::send_buffer_full) turn();
    }

    /// Turns the loop until `n` messages have come in total. False if the connection ended before.
    [[nodiscard]] bool receive(std::size_t n) {
        turn_until([&] { return messages.size() >= n || ended; });
        return messages.size() >= n;
    }

    template <typename Condition>
    void turn_until(Condition condition) {
        while (!condition()) turn();
    }

    [[nodiscard]] Connection& connection() noexcept { return *connection_; }
    /// Turns the loop until on_end().
    const ConnectionEnd& wait_for_end() {
        turn_until([this] { return ended; });
        return end;
    }

    ConnectionOptions options;
    std::vector<std::string> messages;
    std::vector<bool> is_text;
    std::vector<std::string> pongs;
    ConnectionEnd end;
    bool opened = false;
    bool ended = false;

  private:
    void turn() { reactor_.poll_for(std::chrono::seconds{1}); }

    void on_open() override { opened = true; }
    void on_pong(std::span<const std::byte> payload) override {
        pongs.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& why) override {
        end = why;
        ended = true;
    }
    void on_message(const Message& message) {
        messages.emplace_back(reinterpret_cast<const char*>(message.payload.data()), message.payload.size());
        is_text.push_back(message.is_text);
    }

    Reactor reactor_;
    Resolver resolver_{reactor_};
    TlsContext tls_;
    SocketDialer dialer_{reactor_, resolver_, &tls_};
    CallbackSink sink_{CallbackSink::Callback::member<&Client::on_message>(*this)};
    std::unique_ptr<Connection> connection_;
};

}  // namespace pinwheel::test
