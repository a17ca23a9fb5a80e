// Streams messages: in a scope, by hand, and once more after a close.
//     streaming URL

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

constexpr int kEnough = 3;  // a feed is endless, this program is not

void print(const pinwheel::Message& message) {
    std::printf("%.*s\n", static_cast<int>(message.text().size()), message.text().data());
}

void print_some(pinwheel::WebSocketManager& ws) {
    int count = 0;
    for (const pinwheel::Message& message : ws.stream()) {
        if (message.generation < ws.generation()) continue;  // left over from before the close
        print(message);
        if (++count == kEnough) break;
    }
}

/// Connects, and closes at the end of the scope.
void in_a_scope(pinwheel::WebSocketManager& ws) {
    const pinwheel::ConnectedScope connected(ws);
    ws.subscribe("trades.BTC-USD");
    print_some(ws);
}

/// connect() only starts the attempt.
void by_hand(pinwheel::WebSocketManager& ws) {
    ws.connect();
    ws.wait_connected();
    print_some(ws);
    ws.close();
    ws.wait_disconnected();
}

}  // namespace

int main(int argc, char** argv) try {
    pinwheel::Reactor reactor;
    pinwheel::WebSocketManager ws(reactor, argc > 1 ? argv[1] : "wss://example.com/ws");
    in_a_scope(ws);
    std::printf("%s\n", std::string(to_string(ws.state())).c_str());
    by_hand(ws);  // a closed session may connect again; its subscriptions are sent again
    std::printf("%s, %llu connects\n", std::string(to_string(ws.state())).c_str(),
                static_cast<unsigned long long>(ws.stats().connects));
} catch (const pinwheel::WebSocketError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
