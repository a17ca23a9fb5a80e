// Receives at least MESSAGES text frames of SIZE bytes from a local socket, 13 KiB a read (or one message a
// read), prints how many, and does nothing else: for counting the instructions of all user space.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "../net/tcp_stream.h"
#include "../net/unique_fd.h"
#include "../proto/delivery/callback_sink.h"
#include "../proto/session/manager.h"
#include "../proto/websocket/accept_key.h"
#include "support/frame_stream.h"

namespace {

using namespace pinwheel;

constexpr std::size_t kRead = std::size_t{13} << 10;

/// The other end of the client's socket: accepts the upgrade, then sends the same frames again and again.
class Peer {
  public:
    Peer(const std::string& frames, std::size_t a_read) : frames_(frames), a_read_(a_read) {}

    /// The client's end of a new socket.
    [[nodiscard]] UniqueFd connect() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
            std::abort();
        fd_ = UniqueFd(ends[0]);
        return UniqueFd(ends[1]);
    }
    /// What the client's next turn reads.
    void send_next() {
        if (fd_.get() < 0) return;
        if (!accepted_) return accept();
        const std::size_t count = std::min(frames_.size() - at_, a_read_);
        if (::send(fd_.get(), frames_.data() + at_, count, MSG_NOSIGNAL) != static_cast<ssize_t>(count))
            std::abort();
        at_ = (at_ + count) % frames_.size();
    }

    /// Takes what the client has sent; the bytes.
    std::size_t drain() {
        const ssize_t got = ::recv(fd_.get(), drained_.data(), drained_.size(), 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    [[nodiscard]] bool accepted() const noexcept { return accepted_; }

  private:
    void accept() {
        static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        std::array<char, 4096> request{};
        const ssize_t got = ::recv(fd_.get(), request.data(), request.size(), 0);
        if (got <= 0) return;
        const std::string_view text(request.data(), static_cast<std::size_t>(got));
        const std::string answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            accept_for_key(text.substr(text.find(kKey) + kKey.size(), 24)) + "\r\n\r\n";
        if (::send(fd_.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) std::abort();
        accepted_ = true;
    }

    const std::string& frames_;
    const std::size_t a_read_;
    UniqueFd fd_;
    bool accepted_ = false;
    std::size_t at_ = 0;
    std::array<char, std::size_t{64} << 10> drained_{};
};

class PeerDialer final : public Dialer {
  public:
    PeerDialer(Reactor& reactor, Peer& peer) : reactor_(reactor), peer_(peer) {}
    std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<PeerDial>(*this, handler);
    }

  private:
    struct PeerDial final : Dial {
        PeerDial(PeerDialer& its_dialer, DialHandler& its_handler)
            : dialer(its_dialer), handler(its_handler) {
            dialer.reactor_.schedule(timer, dialer.reactor_.now());
        }
        void answer(TimePoint) {
            handler.on_dialed(std::make_unique<TcpStream>(dialer.peer_.connect(), false));
        }
        PeerDialer& dialer;
        DialHandler& handler;
        Timer timer{Timer::Callback::member<&PeerDial::answer>(*this)};
    };
    Reactor& reactor_;
    Peer& peer_;
};

/// A bare connection's owner has nothing to do.
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
    const std::string_view way = argc == 4 ? argv[1] : "";
    const bool bare = way == "bare" || way == "bare_ring";
    const bool ring = way == "bare_ring" || way == "manager_ring";
    const bool alone = way == "manager_alone";
    const bool sending = way == "manager_sends";
    if (!bare && !ring && !alone && !sending && way != "manager") {
        std::fprintf(
            stderr,
            "usage: manager_cost bare|bare_ring|manager|manager_ring|manager_alone|manager_sends MESSAGES "
            "SIZE\nalone: each message in a read of its own; sends: try_send()\n");
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
    Peer peer(frames, alone ? frames.size() : kRead);
    PeerDialer dialer(reactor, peer);
    Count count;
    if (sending)
        run_sending(reactor, dialer, peer, wanted, size, count);
    else
        (bare ? run_bare : run_manager)(reactor, dialer, peer, ring, wanted, count);
    std::printf("%zu\n", count.messages);
    return count.bytes == count.messages * size ? 0 : 1;
}
