// Receives at least MESSAGES text frames of SIZE bytes from a stream in memory, 13 KiB a read, prints how
// many, and does nothing else: for counting what the manager costs beside a bare connection.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "../proto/delivery/callback_sink.h"
#include "../proto/session/manager.h"
#include "../proto/websocket/accept_key.h"
#include "support/frame_stream.h"

namespace {

using namespace pinwheel;

constexpr std::size_t kRead = std::size_t{13} << 10;

/// Accepts the upgrade, then gives the same frames again and again.
class EndlessStream final : public ByteStream {
  public:
    explicit EndlessStream(const std::string& frames) : frames_(frames) {}
    IoResult read_some(std::span<std::byte> out) noexcept override {
        const std::string_view from = answer_.empty() ? frames_ : answer_;
        const std::size_t count = std::min({out.size(), from.size() - at_, kRead});
        if (count == 0) return IoResult::again();
        std::memcpy(out.data(), from.data() + at_, count);
        at_ += count;
        if (at_ == from.size()) {
            at_ = 0;
            answer_.clear();
        }
        return IoResult::done(count);
    }
    IoResult write_some(std::span<const std::byte> in) noexcept override {
        static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        const std::string_view request(reinterpret_cast<const char*>(in.data()), in.size());
        if (const auto key = request.find(kKey); key != std::string_view::npos)
            answer_ =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: " +
                accept_for_key(request.substr(key + kKey.size(), 24)) + "\r\n\r\n";
        return IoResult::done(in.size());
    }
    void shutdown_write() noexcept override {}
    void abort() noexcept override {}
    int fd() const noexcept override { return -1; }

  private:
    const std::string& frames_;
    std::string answer_ = " ";  // a byte that the upgrade's answer takes the place of
    std::size_t at_ = 0;
};

class EndlessDialer final : public Dialer {
  public:
    EndlessDialer(Reactor& reactor, const std::string& frames) : reactor_(reactor), frames_(frames) {}
    std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<EndlessDial>(*this, handler);
    }

  private:
    struct EndlessDial final : Dial {
        EndlessDial(EndlessDialer& its_dialer, DialHandler& its_handler)
            : dialer(its_dialer), handler(its_handler) {
            dialer.reactor_.schedule(timer, dialer.reactor_.now());
        }
        void answer(TimePoint) { handler.on_dialed(std::make_unique<EndlessStream>(dialer.frames_)); }
        EndlessDialer& dialer;
        DialHandler& handler;
        Timer timer{Timer::Callback::member<&EndlessDial::answer>(*this)};
    };
    Reactor& reactor_;
    const std::string& frames_;
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

void run_bare(Reactor& reactor, Dialer& dialer, bool ring, std::size_t wanted, Count& count) {
    Nobody nobody;
    const auto take = [&](const Message& message) { count.add(message.payload.size()); };
    MessageQueue queue(1000);
    CallbackSink callback{CallbackSink::Callback(take)};
    QueueSink queueing(queue, OverflowPolicy::drop_newest);
    MessageSink& sink = ring ? static_cast<MessageSink&>(queueing) : callback;
    Connection connection(reactor, dialer, {}, nobody, sink);
    connection.start(*Url::parse("ws://bench.example/"));
    while (count.messages < wanted) {
        reactor.poll();
        if (ring) count.take_all(queue);
    }
    connection.abort();
}

void run_manager(Reactor& reactor, Dialer& dialer, bool ring, std::size_t wanted, Count& count) {
    WebSocketOptions options;
    options.dialer = &dialer;
    if (!ring) options.on_message = [&](const Message& message) { count.add(message.payload.size()); };
    WebSocketManager ws(reactor, "ws://bench.example/", options);
    ws.connect();
    while (count.messages < wanted) {
        reactor.poll();
        if (ring) count.take_all(ws.queue());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view way = argc == 4 ? argv[1] : "";
    const bool ring = way == "bare_ring" || way == "manager_ring";
    const bool bare = way == "bare" || way == "bare_ring";
    if (!bare && !ring && way != "manager") {
        std::fprintf(stderr, "usage: manager_cost bare|bare_ring|manager|manager_ring MESSAGES SIZE\n");
        return 2;
    }
    const std::size_t wanted = std::strtoul(argv[2], nullptr, 10);
    const std::size_t size = std::strtoul(argv[3], nullptr, 10);
    std::string frames;
    bench::FrameStream(size).in_reads_of(kRead, [&](std::span<const std::byte> read) {
        frames.append(reinterpret_cast<const char*>(read.data()), read.size());
    });
    Reactor reactor({.mode = ReactorMode::busy_spin});
    EndlessDialer dialer(reactor, frames);
    Count count;
    (bare ? run_bare : run_manager)(reactor, dialer, ring, wanted, count);
    std::printf("%zu\n", count.messages);
    return count.bytes == count.messages * size ? 0 : 1;
}
