#pragma once

#include <memory>
#include <string>

#include "../../../net/reactor.h"
#include "../../../net/resolver.h"
#include "../../../net/socket_dialer.h"
#include "../../../net/tls_context.h"
#include "../../../proto/websocket/connection.h"
#include "../../../proto/websocket/message_sink.h"

namespace pinwheel::test {

/// One connection over the real network. Its messages go to a sink of the test.
class Link final : public ConnectionHandler {
  public:
    /// Trusts the authority in `ca_file`, or the system's if it is empty.
    explicit Link(MessageSink& sink, const std::string& ca_file = {}, ReactorOptions options = {})
        : sink_(sink), reactor_(options), tls_({.ca_file = ca_file}) {}

    void start(const std::string& url) {
        connection_ = std::make_unique<Connection>(reactor_, dialer_, ConnectionOptions{}, *this, sink_);
        connection_->start(*Url::parse(url));
    }

    [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }
    [[nodiscard]] Connection& connection() noexcept { return *connection_; }

    bool opened = false;
    bool ended = false;
    ConnectionEnd end;

  private:
    void on_open() override { opened = true; }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& why) override {
        end = why;
        ended = true;
    }

    MessageSink& sink_;
    Reactor reactor_;
    Resolver resolver_{reactor_};
    TlsContext tls_;
    SocketDialer dialer_{reactor_, resolver_, &tls_};
    std::unique_ptr<Connection> connection_;
};

}  // namespace pinwheel::test
