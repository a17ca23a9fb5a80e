// Sends and receives single messages, subscribes to channels and leaves them.
//     messages URL

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

using namespace std::chrono_literals;

void send(pinwheel::WebSocketManager& ws) {
    ws.send_json({{"type", "ping"}});
    ws.send(R"({"type":"ping"})");  // the same, as text
}

/// The type of the next message, if it is JSON and has one.
std::string receive(pinwheel::WebSocketManager& ws) {
    const pinwheel::Message message = ws.receive(10s);
    return std::string(message.json().string("/type").value_or("nothing"));
}

void subscribe(pinwheel::WebSocketManager& ws) {
    ws.subscribe("trades.BTC-USD", "trades.ETH-USD");
    for (const std::string& channel : ws.subscriptions()) std::printf("subscribed to %s\n", channel.c_str());
}

void unsubscribe(pinwheel::WebSocketManager& ws) {
    ws.unsubscribe("trades.BTC-USD");
    std::printf("%zu subscription left\n", ws.subscriptions().size());
}

}  // namespace

int main(int argc, char** argv) try {
    pinwheel::Reactor reactor;
    pinwheel::WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://stream.binance.com/ws");
    const pinwheel::ConnectedScope connected(ws);
    send(ws);
    std::printf("received %s\n", receive(ws).c_str());
    subscribe(ws);
    while (receive(ws) != "trade") continue;
    unsubscribe(ws);
    while (receive(ws) != "unsubscribed") continue;
} catch (const pinwheel::WebSocketTimeoutError& error) {
    std::fprintf(stderr, "nothing came: %s\n", error.what());
    return 1;
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
