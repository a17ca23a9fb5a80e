// Every example of an asyncio client, line by line, as a coroutine.
//     coroutines URL [SECONDS]      SECONDS: length of the pauses; 300

#include <pinwheel/coroutine.h>
#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>

namespace {

using namespace pinwheel;
using namespace std::chrono_literals;

constexpr int kEnough = 3;  // a feed is endless, this program is not

struct Venue {
    Reactor& reactor;
    const char* url;
    Duration pause;
};

void say(const char* what, const WebSocketManager& ws) {
    std::printf("%s: %s\n", what, std::string(to_string(ws.state())).c_str());
}

Task<> stream(Venue venue) {
    AsyncWebSocket ws(venue.reactor, venue.url);
    co_await ws.connect();
    ws.subscribe("trades.BTC-USD", "trades.ETH-USD");
    int count = 0;
    while (const auto message = co_await ws.next()) {
        std::printf("%.*s\n", static_cast<int>(message->text().size()), message->text().data());
        if (++count == kEnough) break;
    }
    ws.unsubscribe("trades.BTC-USD");
    co_await ws.close();
    say("stream", ws.manager());
    co_await ws.connect();  // allowed again
    say("stream", ws.manager());
}

Task<> send_and_receive(Venue venue) {
    AsyncWebSocket ws(venue.reactor, venue.url);
    co_await ws.connect();
    ws.send_json({{"type", "ping"}});
    const Message message = co_await ws.receive(10s);
    std::printf("received %zu bytes\n", message.payload.size());
}

Task<> pauses(Venue venue) {
    AsyncWebSocket ws(venue.reactor, venue.url, {.reconnect_check_interval = venue.pause / 10});
    co_await ws.connect();
    co_await ws.request_disconnect(venue.pause);
    say("pauses", ws.manager());
    co_await ws.connected();
    co_await ws.request_disconnect();
    ws.schedule_reconnect(venue.pause);
    say("pauses", ws.manager());
    co_await ws.connected();
    co_await ws.request_disconnect();
    const TimePoint opens = venue.reactor.now() + venue.pause;
    const auto is_trading_time = [&] { return WindowAnswer(venue.reactor.now() >= opens); };
    if (co_await ws.wait_for_reconnect_window(is_trading_time, 1h)) co_await ws.connect();
    say("pauses", ws.manager());
}

Task<> emergency(Venue venue) {
    AsyncWebSocket ws(venue.reactor, venue.url);
    co_await ws.connect();
    ws.force_close();
    say("force_close", ws.manager());
}

Task<> watchdog(Reactor& reactor, AsyncWebSocket& ws, Duration interval) {
    while (true) {
        co_await Sleep(reactor, interval);
        if (ws.is_recoverable())
            co_await ws.connect();
        else if (ws.is_shutdown())
            break;
    }
    std::puts("the watchdog leaves");
}

Task<> kill_and_shutdown(Venue venue) {
    AsyncWebSocket ws(venue.reactor, venue.url, {.auto_reconnect = false});
    co_await ws.connect();
    Task<> watching = watchdog(venue.reactor, ws, venue.pause);
    watching.start();  // runs concurrently from here on
    ws.kill();
    say("kill", ws.manager());
    while (!ws.is_connected()) co_await Sleep(venue.reactor, venue.pause);
    say("restarted", ws.manager());
    co_await ws.shutdown();
    say("shutdown", ws.manager());
    while (!watching.done()) co_await Sleep(venue.reactor, venue.pause);
}

Task<> all(Venue venue) {
    co_await stream(venue);
    co_await send_and_receive(venue);
    co_await pauses(venue);
    co_await emergency(venue);
    co_await kill_and_shutdown(venue);
}

}  // namespace

int main(int argc, char** argv) try {
    Reactor reactor;
    const std::chrono::duration<double> pause(argc > 2 ? std::strtod(argv[2], nullptr) : 300);
    run(reactor, all({reactor, argc > 1 ? argv[1] : "wss://example.com/ws",
                      std::chrono::duration_cast<Duration>(pause)}));
} catch (const WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
