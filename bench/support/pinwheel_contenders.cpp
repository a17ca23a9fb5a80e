// The library in its usual configurations: messages by callback or through the queue, spinning or in epoll,
// with or without the kernel's arrival times.
#include <stdexcept>

#include "../../core/message_queue.h"
#include "../../core/tsc_clock.h"
#include "../../net/socket_dialer.h"
#include "../../proto/delivery/callback_sink.h"
#include "../../proto/delivery/queue_sink.h"
#include "../../proto/websocket/connection.h"
#include "contender.h"

namespace pinwheel::bench {
namespace {

class ByCallback {
  public:
    explicit ByCallback(Receiver& receiver) : receiver_(receiver) {}
    [[nodiscard]] MessageSink& sink() noexcept { return sink_; }
    void drain() noexcept {}

  private:
    void on_message(const Message& message) noexcept {
        receiver_.take(message.payload.data(), message.payload.size());
    }
    Receiver& receiver_;
    CallbackSink sink_{CallbackSink::Callback::member<&ByCallback::on_message>(*this)};
};

/// The consumer is on the same thread, because the server occupies the second core.
class ByQueue {
  public:
    explicit ByQueue(Receiver& receiver) : receiver_(receiver) { queue_.prefault(); }
    [[nodiscard]] MessageSink& sink() noexcept { return sink_; }
    void drain() noexcept {
        while (const auto* const record = queue_.front()) {
            receiver_.take(record->payload().data(), record->size);
            queue_.pop();
        }
    }

  private:
    Receiver& receiver_;
    MessageQueue queue_;
    QueueSink sink_{queue_, OverflowPolicy::drop_newest};
};

template <class Delivery, ReactorMode kMode, bool kTimestamps, TlsRecords kRecords>
class Pinwheel final : public Contender, private ConnectionHandler {
  public:
    Pinwheel(const Target& target, Receiver& receiver)
        : tls_(TlsOptions{.ca_file = target.ca_file, .records = kRecords}), delivery_(receiver) {
        const auto url = Url::parse((target.tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") +
                                    std::to_string(target.port) + target.path);
        if (!url) throw std::runtime_error(url.error().message());
        connection_.start(*url);
        while (!connection_.is_open()) poll();
    }

    void send(const void* payload, std::size_t size) override {
        if (connection_.send(Opcode::binary, {static_cast<const std::byte*>(payload), size}) != Errc::ok)
            throw std::runtime_error("a message was not taken");
    }
    void poll() override {
        if constexpr (kMode == ReactorMode::busy_spin)
            reactor_.poll();
        else
            reactor_.poll_for(std::chrono::seconds{1});
        delivery_.drain();
        if (end_.failed()) throw std::runtime_error(end_.message());
    }

  private:
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& end) override { end_ = end.error; }

    TscClock clock_;  // for a spinning reactor, as its header recommends
    Reactor reactor_{{.mode = kMode, .clock = kMode == ReactorMode::busy_spin ? &clock_ : nullptr}};
    Resolver resolver_{reactor_};
    TlsContext tls_;
    SocketDialer dialer_{reactor_, resolver_, &tls_, {.socket = {.receive_timestamps = kTimestamps}}};
    Delivery delivery_;
    Error end_;
    Connection connection_{reactor_, dialer_, ConnectionOptions{}, *this, delivery_.sink()};
};

template <class Delivery, ReactorMode kMode, bool kTimestamps = false,
          TlsRecords kRecords = TlsRecords::openssl>
std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    return std::make_unique<Pinwheel<Delivery, kMode, kTimestamps, kRecords>>(target, receiver);
}

const ContenderRegistration callback({"pinwheel", &make<ByCallback, ReactorMode::busy_spin>, 1});
const ContenderRegistration queue({"pinwheel, ring", &make<ByQueue, ReactorMode::busy_spin>, 2});
const ContenderRegistration stamps({"pinwheel, stamps", &make<ByCallback, ReactorMode::busy_spin, true>, 3});
const ContenderRegistration epoll({"pinwheel, epoll", &make<ByCallback, ReactorMode::epoll>, 4});
const ContenderRegistration in_place({"pinwheel, in place",
                                      &make<ByCallback, ReactorMode::busy_spin, false, TlsRecords::in_place>,
                                      5, true});
const ContenderRegistration in_place_queue(
    {"pinwheel, in place, ring", &make<ByQueue, ReactorMode::busy_spin, false, TlsRecords::in_place>, 6,
     true});

}  // namespace
}  // namespace pinwheel::bench
