#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../../net/tls_context.h"
#include "../../../net/tls_stream.h"
#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../../tools/feed/server_session.h"
#include "../../../tools/feed/temporary_identity.h"
#include "../../support/frames.h"
#include "../../support/memory_stream.h"

namespace pinwheel::test {

/// A server that sends every message back.
struct EchoServer final : SessionHandler {
    void on_session_open(ServerSession&) override {}
    void on_session_message(ServerSession& session, const Message& message) override {
        received.emplace_back(text_of(message.payload));
        session.send(message.is_text ? Opcode::text : Opcode::binary, message.payload);
    }
    void on_session_drained(ServerSession&) override {}
    void on_session_gone(ServerSession&) override { gone = true; }

    std::vector<std::string> received;
    bool gone = false;
};

/// Dials in memory, with TLS if the target asks for it. `wrap` may put a stream around the lower one.
class MemoryDialer final : public Dialer {
  public:
    using Wrap = std::function<std::unique_ptr<ByteStream>(std::unique_ptr<ByteStream>)>;

    MemoryDialer(Reactor& reactor, TlsContext& tls, MemoryStream::Way in, MemoryStream::Way out, Wrap wrap)
        : reactor_(reactor), tls_(tls), in_(std::move(in)), out_(std::move(out)), wrap_(std::move(wrap)) {}

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
        return std::make_unique<MemoryDial>(*this, target, handler);
    }

  private:
    class MemoryDial final : public Dial {
      public:
        MemoryDial(MemoryDialer& dialer, const DialTarget& target, DialHandler& handler)
            : reactor_(dialer.reactor_), handler_(handler) {
            plain_ = dialer.wrap_(std::make_unique<MemoryStream>(dialer.in_, dialer.out_));
            if (target.tls) tls_ = dialer.tls_.client(std::move(plain_), target.host, target.port);
            reactor_.schedule(timer_, reactor_.now());
        }

      private:
        void go_on(TimePoint now) {
            if (!tls_) return handler_.on_dialed(std::move(plain_));
            const auto result = tls_->handshake();
            if (result.status == IoStatus::ok) return handler_.on_dialed(std::move(tls_));
            if (result.status == IoStatus::error)
                return handler_.on_dial_failed({result.error, tls_->error_detail()});
            reactor_.schedule(timer_, now + std::chrono::milliseconds{1});
        }

        Reactor& reactor_;
        DialHandler& handler_;
        std::unique_ptr<ByteStream> plain_;
        std::unique_ptr<TlsStream> tls_;
        Timer timer_{Timer::Callback::member<&MemoryDial::go_on>(*this)};
    };

    Reactor& reactor_;
    TlsContext& tls_;
    MemoryStream::Way in_;
    MemoryStream::Way out_;
    Wrap wrap_;
};

/// The contexts of both sides; making keys is slow.
struct PairTls {
    TemporaryIdentity identity;
    TlsContext server = TlsContext::server(
        {.certificate_file = identity.certificate_file(), .key_file = identity.key_file()});
    TlsContext client{{.ca_file = identity.authority_file(), .session_resumption = false}};
};

/// One life of one connection: open, send, receive the echoes, ping, close.
class EchoLife final : public ConnectionHandler {
  public:
    EchoLife(PairTls& tls, bool with_tls, MemoryDialer::Wrap wrap)
        : with_tls_(with_tls),
          dialer_(reactor_, tls.client, to_client, to_server, std::move(wrap)),
          session_(reactor_, std::make_unique<MemoryStream>(to_server, to_client),
                   with_tls ? &tls.server : nullptr, server) {}

    std::vector<std::string> to_send{"one", "", std::string(70'000, 'x'), "four"};

    /// Until the connection has ended and drained, or no progress is possible.
    void run() {
        connection_.start(*Url::parse(with_tls_ ? "wss://localhost/echo" : "ws://localhost/echo"));
        for (int turns = 0; turns < 20'000 && !(ends > 0 && connection_.drained()); ++turns) {
            clock_.advance(turns < 10'000 ? std::chrono::milliseconds{1} : std::chrono::milliseconds{100});
            reactor_.poll();
        }
    }

    void on_open() override {
        for (const auto& text : to_send) EXPECT_EQ(connection_.send(Opcode::text, bytes_of(text)), Errc::ok);
    }
    void on_pong(std::span<const std::byte> payload) override {
        EXPECT_EQ(text_of(payload), "ping");
        connection_.close(1000, "done");
    }
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override {
        end = ended;
        ++ends;
    }
    void on_message(const Message& message) {
        received.emplace_back(message.text());
        if (received.size() < to_send.size()) return;
        EXPECT_EQ(connection_.ping(bytes_of("ping")), Errc::ok);
    }
    [[nodiscard]] bool drained() const noexcept { return connection_.drained(); }

    MemoryStream::Way to_server = std::make_shared<MemoryWay>();
    MemoryStream::Way to_client = std::make_shared<MemoryWay>();
    EchoServer server;
    std::vector<std::string> received;
    ConnectionEnd end;
    int ends = 0;

  private:
    const bool with_tls_;
    ManualClock clock_;
    Reactor reactor_{{.clock = &clock_}};
    MemoryDialer dialer_;
    ServerSession session_;
    CallbackSink sink_{CallbackSink::Callback::member<&EchoLife::on_message>(*this)};
    Connection connection_{reactor_, dialer_, {}, *this, sink_};
};

}  // namespace pinwheel::test
