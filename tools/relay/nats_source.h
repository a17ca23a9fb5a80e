#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "nats_reader.h"

namespace pinwheel {

/// Presents the messages of relays to a client in this process as a WebSocket: a Dialer whose connection has
/// the messages, with the relay's kernel times. A thread reads from NATS and continues after outages, so that
/// the connection does not end. Set it as WebSocketOptions::dialer. Pings are answered; sent messages are
/// dropped. Threading: the reactor's thread. Allocates: for each message.
class NatsSource final : public Dialer {
  public:
    /// Receives control messages and reports of outages, on the reactor's thread.
    using Tell = std::function<void(const std::string&)>;

    /// The reactor must outlive the source, and the source the connection.
    NatsSource(Reactor& reactor, NatsReadOptions options, Tell tell);
    ~NatsSource() override;

    /// Fails with NatsReader's text if the server or the stream is not available.
    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override;

  private:
    class Feeder;
    class Stream;
    class Pending;

    Reactor& reactor_;
    const NatsReadOptions options_;
    const std::shared_ptr<Tell> tell_;
};

}  // namespace pinwheel
