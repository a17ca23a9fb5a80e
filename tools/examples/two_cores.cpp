// The reactor on one core, the strategy on a second one: messages go through the ring, orders come back by
// post().
//     two_cores URL [REACTOR_CPU STRATEGY_CPU]

#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

using namespace pinwheel;

/// The only reader of the ring. It sees where its stream broke.
class Strategy {
  public:
    Strategy(Reactor& reactor, WebSocketManager& ws) : reactor_(reactor), ws_(ws) {}

    void run() {
        MessageQueue& queue = ws_.queue();
        while (trades_ < 100) {
            const RecordHeader* const record = queue.front();
            if (record == nullptr) {
                relax();
                continue;
            }
            look_at(*record);
            queue.pop();  // from here on the record belongs to the producer again
        }
        reactor_.post([this] { ws_.shutdown(); });
        reactor_.post([this] { reactor_.stop(); });
    }

  private:
    void look_at(const RecordHeader& record) {
        switch (record.kind) {
            case RecordKind::connected:
                std::printf("connected, generation %u\n", record.generation);
                break;
            case RecordKind::disconnected:
                std::printf("disconnected, close code %d\n", record.code);
                break;
            case RecordKind::dropped:
                std::printf("too slow: %llu lost here\n", static_cast<unsigned long long>(record.count));
                break;
            case RecordKind::message:
                if (Message::from(record).json().string("/type") == "trade" && ++trades_ == 1)
                    reactor_.post([this] { order(); });
                break;
            case RecordKind::gap:  // these only in a feed's ring
            case RecordKind::channel_state:
            case RecordKind::leg_state:
                break;
        }
    }
    /// On the reactor's thread, like all calls of the manager.
    void order() {
        if (ws_.try_send(R"({"type":"order"})") == Errc::ok) std::puts("order sent");
    }

    Reactor& reactor_;
    WebSocketManager& ws_;
    int trades_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    Reactor reactor({.mode = argc > 3 ? ReactorMode::busy_spin : ReactorMode::epoll});
    WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws", {.queue_size = 0});
    ws.subscribe("*");
    ws.connect();
    Strategy strategy(reactor, ws);
    std::thread strategy_thread([&] {
        if (argc > 3) std::ignore = pin_to_cpu(std::atoi(argv[3]));
        strategy.run();
    });
    if (argc > 3) std::ignore = pin_to_cpu(std::atoi(argv[2]));
    reactor.run();
    strategy_thread.join();
    ws.wait_disconnected();
    std::printf("%s\n", std::string(to_string(ws.state())).c_str());
} catch (const WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
