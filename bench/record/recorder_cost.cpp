// Receives at least MESSAGES text frames of SIZE bytes from a local socket, 13 KiB per read, into a session's
// ring that another thread empties. Prints the number of messages. For counting the instructions of the
// reactor's thread (bench/compare_instructions).
//   recorder_cost ring|recorder MESSAGES SIZE    a bare consumer, or a recorder
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "../../proto/record/recorder.h"
#include "../../proto/session/manager.h"
#include "../support/cost_peers.h"
#include "../support/frame_stream.h"
#include "../support/peer_dialer.h"
#include "bare_consumer.h"

namespace {

using namespace pinwheel;

constexpr std::size_t kRead = std::size_t{13} << 10;

}  // namespace

int main(int argc, char** argv) {
    const std::string_view way = argc == 4 ? argv[1] : "";
    if (way != "ring" && way != "recorder") {
        std::fputs("usage: recorder_cost ring|recorder MESSAGES SIZE\n", stderr);
        return 2;
    }
    const std::size_t wanted = std::strtoul(argv[2], nullptr, 10);
    std::string frames;
    bench::FrameStream(std::strtoul(argv[3], nullptr, 10))
        .in_reads_of(kRead, [&](std::span<const std::byte> read) {
            frames.append(reinterpret_cast<const char*>(read.data()), read.size());
        });
    std::string folder = (std::filesystem::temp_directory_path() / "pinwheel-record-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    Reactor reactor({.mode = ReactorMode::busy_spin});
    bench::PlainPeer peer(frames, kRead);
    bench::PeerDialer dialer(reactor, peer);
    WebSocketOptions options;
    options.dialer = &dialer;
    options.queue_size = 0;
    WebSocketManager ws(reactor, "ws://bench.example/", options);
    ws.connect();
    std::uint64_t messages = 0;
    {
        std::optional<bench::BareConsumer> consumer;
        std::optional<Recorder> recorder;
        if (way == "ring")
            consumer.emplace(ws.queue());
        else
            recorder.emplace(ws.queue(), RecordOptions{.folder = folder, .name = "cost"});
        while (messages < wanted) {
            peer.send_next();
            reactor.poll();
            messages = ws.stats().messages_received;
        }
    }
    std::filesystem::remove_all(folder);
    std::printf("%llu\n", static_cast<unsigned long long>(messages));
    return 0;
}
