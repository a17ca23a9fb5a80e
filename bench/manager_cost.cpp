// Receives at least MESSAGES text frames of SIZE bytes from a local socket, 13 KiB a read (or one message a
// read), and prints their number. It does no other work: for counting the instructions of all user space.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../proto/delivery/callback_sink.h"
#include "../proto/session/manager.h"
#include "support/cost_peers.h"
#include "support/frame_stream.h"
#include "support/peer_dialer.h"

namespace {

using namespace pinwheel;
using bench::Peer;
using bench::PeerDialer;

constexpr std::size_t kRead = std::size_t{13} << 10;

/// The owner of a bare connection; ignores all events.
struct Nobody final : ConnectionHandler {
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd&) override {}
};

struct Count {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    void add(std::size_t size) noexcept {
        ++messages;
        bytes += size;
    }
    void take_all(MessageQueue& queue) noexcept {
        for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
            if (record->kind == RecordKind::message) add(record->size);
            queue.pop();
        }
    }
};

void run_bare(Reactor& reactor, Dialer& dialer, Peer& peer, bool ring, std::size_t wanted, Count& count) {
    Nobody nobody;
    const auto take = [&](const Message& message) { count.add(message.payload.size()); };
    MessageQueue queue(1000);
    CallbackSink callback{CallbackSink::Callback(take)};
    QueueSink queueing(queue, OverflowPolicy::drop_newest);
    MessageSink& sink = ring ? static_cast<MessageSink&>(queueing) : callback;
    Connection connection(reactor, dialer, {}, nobody, sink);
    connection.start(*Url::parse("ws://bench.example/"));
    while (count.messages < wanted) {
        peer.send_next();
        reactor.poll();
        if (ring) count.take_all(queue);
    }
    connection.abort();
}

void run_manager(Reactor& reactor, Dialer& dialer, Peer& peer, bool ring, std::size_t wanted, Count& count) {
    WebSocketOptions options;
    options.dialer = &dialer;
    if (!ring) options.on_message = [&](const Message& message) { count.add(message.payload.size()); };
    WebSocketManager ws(reactor, "ws://bench.example/", options);
    ws.connect();
    while (count.messages < wanted) {
        peer.send_next();
        reactor.poll();
        if (ring) count.take_all(ws.queue());
    }
}

void run_sending(Reactor& reactor, Dialer& dialer, Peer& peer, std::size_t wanted, std::size_t size,
                 Count& count) {
    WebSocketOptions options;
    options.dialer = &dialer;
    options.on_message = [](const Message&) {};
    WebSocketManager ws(reactor, "ws://bench.example/", options);
    ws.connect();
    while (!ws.is_connected()) {
        if (!peer.accepted()) peer.send_next();
        reactor.poll();
    }
    const std::string text(size, 'x');
    while (count.messages < wanted) {
        if (ws.try_send(text) != Errc::ok || peer.drain() == 0) return;
        count.add(size);
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view way = argc == 4 ? argv[1] : "";
    std::optional<TlsRecords> tls;
    for (const auto& [prefix, records] :
         {std::pair{"in_place_", TlsRecords::in_place}, {"openssl_", TlsRecords::openssl}})
        if (way.starts_with(prefix)) {
            way.remove_prefix(std::string_view(prefix).size());
            tls = records;
        }
    const bool bare = way == "bare" || way == "bare_ring";
    const bool ring = way == "bare_ring" || way == "manager_ring";
    const bool alone = way == (tls ? "alone" : "manager_alone");
    const bool sending = way == (tls ? "sends" : "manager_sends");
    if (!alone && !sending && (tls || (!bare && !ring && way != "manager"))) {
        std::fputs(
            "usage: manager_cost WAY MESSAGES SIZE, WAY one of bare, bare_ring, manager, manager_ring, "
            "manager_alone,\nmanager_sends, in_place_alone, in_place_sends, openssl_alone, openssl_sends\n"
            "alone: each message in a read of its own; sends: try_send(); in_place, openssl: over TLS, a "
            "record "
            "each\n",
            stderr);
        return 2;
    }
    const std::size_t wanted = std::strtoul(argv[2], nullptr, 10);
    const std::size_t size = std::strtoul(argv[3], nullptr, 10);
    std::string frames;
    bench::FrameStream(size).in_reads_of(kRead, [&](std::span<const std::byte> read) {
        frames.append(reinterpret_cast<const char*>(read.data()), read.size());
    });
    if (alone) frames.resize(size + (size < 126 ? 2 : 4));
    Reactor reactor({.mode = ReactorMode::busy_spin});
    std::unique_ptr<Peer> peer;
    if (tls)
        peer = std::make_unique<bench::SealedPeer>(frames, *tls);
    else
        peer = std::make_unique<bench::PlainPeer>(frames, alone ? frames.size() : kRead);
    PeerDialer dialer(reactor, *peer);
    Count count;
    if (sending)
        run_sending(reactor, dialer, *peer, wanted, size, count);
    else
        (bare ? run_bare : run_manager)(reactor, dialer, *peer, ring, wanted, count);
    std::printf("%zu\n", count.messages);
    return count.bytes == count.messages * size ? 0 : 1;
}
