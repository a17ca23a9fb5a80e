// Disconnects while no candle is near, and connects again before the next one closes.
//     candle_window URL [CANDLE_SECONDS [CANDLES]]

#include "candle_window.h"

#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) try {
    const std::chrono::duration<double> candle(argc > 2 ? std::strtod(argv[2], nullptr) : 4 * 3600);
    const int candles = argc > 3 ? std::atoi(argv[3]) : 6;
    CandleWindow window;
    window.candle = std::chrono::duration_cast<CandleWindow::Duration>(candle);
    window.before = window.candle / 4;
    window.after = window.candle / 8;

    pinwheel::Reactor reactor;
    pinwheel::WebSocketManager ws(
        reactor, argc > 1 ? argv[1] : "wss://stream.binance.com/ws",
        {
            .should_disconnect = [&] { return !window.is_critical_time(reactor.system_now()); },
            .should_reconnect = [&] { return window.is_approaching_candle(reactor.system_now()); },
            .on_connect = [] { std::puts("connected"); },
            .on_disconnect =
                [](pinwheel::DisconnectReason reason) {
                    std::printf("disconnected: %s\n", std::string(to_string(reason)).c_str());
                },
            // A hundred clock readings for each candle.
            .disconnect_check_interval = candle / 100,
            .reconnect_check_interval = candle / 100,
        });
    const pinwheel::ConnectedScope connected(ws);
    ws.subscribe("trades.BTC-USD");
    for (const pinwheel::Message& message : ws.stream()) {
        if (message.generation >= static_cast<unsigned>(candles)) break;
    }
    const auto stats = ws.stats();
    std::printf("%llu connections, %llu cuts by choice, %llu suffered\n",
                static_cast<unsigned long long>(stats.connects),
                static_cast<unsigned long long>(stats.proactive_disconnects),
                static_cast<unsigned long long>(stats.reactive_disconnects));
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
