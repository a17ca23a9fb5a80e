// Shuts down in order at ctrl-C or SIGTERM: the signal is an event of the reactor like any other.
//     interrupt URL

#include <pinwheel/pinwheel.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>

namespace {

/// Blocks SIGINT and SIGTERM for this thread, and receives them as readiness of a descriptor.
class Signals {
  public:
    Signals(pinwheel::Reactor& reactor, pinwheel::WebSocketManager& ws) : ws_(ws) {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        fd_.reset(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
        std::ignore = reactor.watch(watch_, fd_.get(), {.read = true});
    }

  private:
    int on_ready(pinwheel::Interest, pinwheel::TimePoint) {
        signalfd_siginfo info{};
        if (::read(fd_.get(), &info, sizeof info) != sizeof info) return 0;
        ws_.shutdown();
        return 1;
    }

    pinwheel::WebSocketManager& ws_;
    pinwheel::UniqueFd fd_;
    pinwheel::IoWatch watch_{pinwheel::IoWatch::Callback::member<&Signals::on_ready>(*this)};
};

}  // namespace

int main(int argc, char** argv) try {
    pinwheel::Reactor reactor;
    pinwheel::WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws");
    const Signals signals(reactor, ws);
    ws.connect();
    ws.subscribe("trades.BTC-USD");
    unsigned long long count = 0;
    for (const pinwheel::Message& message : ws.stream()) {  // ends with the shutdown
        if (++count == 1) std::printf("streaming: %zu bytes\n", message.payload.size());
        std::fflush(stdout);
    }
    ws.wait_disconnected();
    std::printf("%s, shut down %d\n", std::string(to_string(ws.state())).c_str(), ws.is_shutdown());
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
