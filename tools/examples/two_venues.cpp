// Two venues on one reactor: one thread, one network with its resolver and TLS sessions, a session for each.
//     two_venues URL URL

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

struct Venue {
    Venue(pinwheel::Reactor& reactor, pinwheel::Network& network, const char* its_name, const char* url)
        : name(its_name),
          ws(reactor, url,
             {.on_connect = [this] { std::printf("%s is up\n", name); },
              .on_message = [this](const pinwheel::Message&) { ++messages; },
              .dialer = &network}) {
        ws.subscribe("trades.BTC-USD");
        ws.connect();
    }

    const char* const name;
    int messages = 0;
    pinwheel::WebSocketManager ws;
};

}  // namespace

int main(int argc, char** argv) try {
    pinwheel::Reactor reactor;
    pinwheel::Network network(reactor, {});
    Venue left(reactor, network, "left", argc > 1 ? argv[1] : "wss://left.example/ws");
    Venue right(reactor, network, "right", argc > 2 ? argv[2] : "wss://right.example/ws");
    const auto one_is_dead = [&] { return left.ws.is_dead() || right.ws.is_dead(); };
    reactor.run_until([&] { return one_is_dead() || (left.messages >= 10 && right.messages >= 10); });
    if (one_is_dead()) return 1;
    std::puts("both stream");
    left.ws.close();  // the right session continues
    reactor.run_until([&, before = right.messages] { return right.messages >= before + 10; });
    std::printf("left %s, right %s\n", std::string(to_string(left.ws.state())).c_str(),
                std::string(to_string(right.ws.state())).c_str());
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
