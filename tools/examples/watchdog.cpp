// A watchdog that restarts a lost session, and ignores one that was shut down.
//     watchdog URL [SECONDS]

#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>

namespace {

class Watchdog {
  public:
    Watchdog(pinwheel::Reactor& reactor, pinwheel::WebSocketManager& ws, pinwheel::Duration interval)
        : reactor_(reactor), ws_(ws), interval_(interval) {
        reactor_.schedule_after(timer_, interval_);
    }

  private:
    void look(pinwheel::TimePoint) {
        if (ws_.is_shutdown()) return;
        if (ws_.is_recoverable()) {
            std::puts("restarted");
            ws_.connect();
        }
        reactor_.schedule_after(timer_, interval_);
    }

    pinwheel::Reactor& reactor_;
    pinwheel::WebSocketManager& ws_;
    const pinwheel::Duration interval_;
    pinwheel::Timer timer_{pinwheel::Timer::Callback::member<&Watchdog::look>(*this)};
};

}  // namespace

int main(int argc, char** argv) try {
    const std::chrono::duration<double> interval(argc > 2 ? std::strtod(argv[2], nullptr) : 5);
    pinwheel::Reactor reactor;
    int connects = 0;
    pinwheel::WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws",
                                  {.on_connect = [&] { ++connects; }, .auto_reconnect = false});
    const Watchdog watchdog(reactor, ws, std::chrono::duration_cast<pinwheel::Duration>(interval));
    ws.connect();
    reactor.run_until([&] { return connects >= 1; });
    ws.kill();  // an accident
    reactor.run_until([&] { return connects >= 2; });
    ws.shutdown();  // on purpose
    ws.wait_disconnected();
    std::printf("%s after %d connects\n", std::string(to_string(ws.state())).c_str(), connects);
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
