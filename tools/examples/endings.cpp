// The ways to end, and which of them may be followed by a connect(): kill() and force_close().
//     endings URL

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

using pinwheel::ConnectionState;
using pinwheel::WebSocketManager;

void report(const char* what, const WebSocketManager& ws) {
    std::printf("%s: %s, dead %d, recoverable %d, shut down %d\n", what,
                std::string(to_string(ws.state())).c_str(), ws.is_dead(), ws.is_recoverable(),
                ws.is_shutdown());
}

/// A connection that is lost as if the venue had cut it. A heartbeat detects that and restarts it.
void kill_and_restart(WebSocketManager& ws) {
    ws.connect();
    ws.wait_connected();
    ws.kill();
    report("kill", ws);
    if (ws.is_dead()) ws.connect();
    ws.wait_connected();
    report("restart", ws);
}

/// After this no call connects it again.
void emergency_stop(WebSocketManager& ws) {
    ws.force_close();
    report("force_close", ws);
    ws.connect();  // only an alert
    report("connect", ws);
}

}  // namespace

int main(int argc, char** argv) try {
    pinwheel::Reactor reactor;
    WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws",
                        {.on_alert =
                             [](std::string_view, std::string_view message, pinwheel::AlertContext) {
                                 std::printf("alert: %.*s\n", static_cast<int>(message.size()),
                                             message.data());
                             },
                         .auto_reconnect = false});
    kill_and_restart(ws);
    emergency_stop(ws);
    return ws.state() == ConnectionState::closed ? 0 : 1;
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
