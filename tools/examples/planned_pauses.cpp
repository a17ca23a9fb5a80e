// Leaves for a while: with a return that is planned at once, planned later, or made when a window opens.
//     planned_pauses URL [PAUSE_SECONDS]

#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>

namespace {

using pinwheel::WebSocketManager;

void say(const WebSocketManager& ws) {
    std::printf("%s\n", std::string(to_string(ws.state())).c_str());
}

/// Disconnects now, and connects again after the pause.
void pause(WebSocketManager& ws, pinwheel::Duration pause) {
    ws.request_disconnect(pause);
    ws.wait_disconnected();
    say(ws);
    ws.wait_connected();
    say(ws);
}

/// Disconnects, and decides later when to connect again.
void pause_and_decide(WebSocketManager& ws, pinwheel::Duration pause) {
    ws.request_disconnect();
    ws.wait_disconnected();
    say(ws);
    ws.schedule_reconnect(pause);
    ws.wait_connected();
    say(ws);
}

/// Disconnects, and asks its own condition when to connect again.
void wait_for_a_window(WebSocketManager& ws, pinwheel::Reactor& reactor, pinwheel::Duration pause) {
    ws.request_disconnect();
    ws.wait_disconnected();
    say(ws);
    const auto opens = reactor.now() + pause;
    const auto is_trading_time = [&] { return reactor.now() >= opens; };
    if (ws.wait_for_reconnect_window(is_trading_time, std::chrono::hours{1})) ws.connect();
    ws.wait_connected();
    say(ws);
}

}  // namespace

int main(int argc, char** argv) try {
    const std::chrono::duration<double> seconds(argc > 2 ? std::strtod(argv[2], nullptr) : 300);
    const auto pause_time = std::chrono::duration_cast<pinwheel::Duration>(seconds);
    pinwheel::Reactor reactor;
    WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws",
                        {.reconnect_check_interval = seconds / 10});
    const pinwheel::ConnectedScope connected(ws);
    pause(ws, pause_time);
    pause_and_decide(ws, pause_time);
    wait_for_a_window(ws, reactor, pause_time);
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
