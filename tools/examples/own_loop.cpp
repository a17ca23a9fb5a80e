// An engine with its own loop turns the reactor inside it, and never sleeps.
//     own_loop URL

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

/// A placeholder for the engine's other work.
class Engine {
  public:
    void on_message(const pinwheel::Message& message) {
        ++messages_;
        bytes_ += message.payload.size();
    }
    /// One step; returns the work done.
    int step() {
        ++steps_;
        return 0;
    }
    [[nodiscard]] bool done() const { return messages_ >= 1000; }
    void report() const {
        std::printf("%llu messages, %llu bytes, more steps than messages: %d\n", messages_, bytes_,
                    steps_ > messages_);
    }

  private:
    unsigned long long steps_ = 0;
    unsigned long long messages_ = 0;
    unsigned long long bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    Engine engine;
    pinwheel::Reactor reactor({.mode = pinwheel::ReactorMode::busy_spin});
    pinwheel::WebSocketManager ws(
        reactor, argc > 1 ? argv[1] : "wss://example.com/ws",
        {.on_message = [&](const pinwheel::Message& message) { engine.on_message(message); }});
    ws.subscribe("*");
    ws.connect();
    while (!engine.done() && !ws.is_dead()) {
        const int work = engine.step() + reactor.poll();
        if (work == 0) pinwheel::relax();  // on a shared core you may yield here
    }
    engine.report();
    ws.shutdown();
    while (ws.state() != pinwheel::ConnectionState::closed) reactor.poll();
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
