// Writes a feed into a ring that another process reads, such as shared_ring_reader.
//     shared_ring_writer URL FILE

#include "shared_ring.h"

#include <cstdio>

int main(int argc, char** argv) try {
    if (argc != 3) return std::fprintf(stderr, "shared_ring_writer URL FILE\n"), 2;
    shared_ring::Writer ring(argv[2], std::size_t{1} << 20);
    pinwheel::Reactor reactor;
    std::uint32_t generation = 0;
    pinwheel::WebSocketManager ws(
        reactor, argv[1],
        {
            .on_connect =
                [&] { ring.control({.kind = pinwheel::RecordKind::connected, .generation = ++generation}); },
            .on_disconnect =
                [&](pinwheel::DisconnectReason reason) {
                    ring.control({.kind = pinwheel::RecordKind::disconnected,
                                  .generation = generation,
                                  .reason = static_cast<std::uint8_t>(reason)});
                },
            .on_message = [&](const pinwheel::Message& message) { ring.message(message); },
        });
    ws.subscribe("*");
    ws.connect();
    reactor.run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
