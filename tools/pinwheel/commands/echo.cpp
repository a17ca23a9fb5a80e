#include <tuple>

#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/frame_codec.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

/// Every received message must fit into the send buffer, behind a previous one.
ConnectionOptions with_room_for_echoes(ConnectionOptions options) {
    options.send_buffer_limit = 2 * (options.max_message_size + kMaxFrameHeader);
    return options;
}

/// Sends every message back. Done when the connection has ended and drained.
class Echo final : public ConnectionHandler {
  public:
    explicit Echo(Client& client)
        : client_(client),
          connection_(client.reactor(), client.dialer(), with_room_for_echoes(client.connection_options()),
                      *this, sink_) {}

    [[nodiscard]] int run() {
        connection_.start(client_.url());
        run_until_stopped(client_.reactor());
        const auto drained = [this] { return connection_.drained(); };
        run_until(client_.reactor(), drained);
        return status_;
    }

  private:
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error& warning) override { complain(warning.message()); }
    void on_end(const ConnectionEnd& end) override {
        const bool clean = end.error.code == Errc::closed_by_peer || !end.error.failed();
        status_ = clean ? 0 : 1;
        if (!clean) complain(end.error.message());
        client_.reactor().stop();
    }
    void on_message(const Message& message) {
        const Errc refused =
            connection_.send(message.is_text ? Opcode::text : Opcode::binary, message.payload);
        if (refused != Errc::ok) connection_.close(to_wire(CloseCode::message_too_big));
    }

    Client& client_;
    CallbackSink sink_{CallbackSink::Callback::member<&Echo::on_message>(*this)};
    int status_ = 1;
    Connection connection_;
};

int echo(const ClientOptions& options) {
    Client client(options);
    return Echo(client).run();
}

}  // namespace

Command echo_command(CLI::App& app) {
    const auto options = std::make_shared<ClientOptions>();
    auto* const command = add_command(app, "echo", "send every message back until the peer closes",
                                      "pinwheel echo ws://127.0.0.1:9001/runCase?case=1");
    add_client_options(*command, *options);
    return {command, [options] { return echo(*options); }};
}

}  // namespace pinwheel::tool
