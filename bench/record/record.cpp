// Recordings: the rate of a recorder on one core, its cost for the producer of the ring, the size of a
// recording, and the speed of a replay through the client.
//   record [SECONDS]             SECONDS (60) of writing at 200,000 messages/s of 200 bytes
//   record --socket [SECONDS]    the same through a socket, from a server on another core, and the time of a
//                                reactor's turn with a bare consumer of the ring and with a recorder
//   record --smoke               both for a second
#include <sched.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "../../core/histogram.h"
#include "../../proto/record/recorder.h"
#include "../../proto/record/replay_source.h"
#include "../../proto/session/manager.h"
#include "through_socket.h"
#include "trades.h"

namespace {

using namespace pinwheel;
using namespace std::chrono_literals;
using bench::Trades;

constexpr double kRate = 200'000;

SteadyClock g_clock;

/// A session's end of the ring.
class Producer {
  public:
    explicit Producer(MessageQueue& queue) : queue_(queue) {
        queue_.push_control({.kind = RecordKind::connected, .generation = 1, .received = now()});
    }
    /// False: the ring is full, and the message is dropped.
    bool put(std::string_view payload) {
        ++sequence_;
        if (queue_.full(payload.size())) return ++dropped_, false;
        std::byte* const room = queue_.claim(payload.size());
        if (room == nullptr) return ++dropped_, false;
        std::memcpy(room, payload.data(), payload.size());
        queue_.commit({.size = static_cast<std::uint32_t>(payload.size()),
                       .flags = RecordHeader::kText,
                       .sequence = sequence_,
                       .generation = 1,
                       .received = now(),
                       .kernel_received = g_clock.system_now().time_since_epoch().count()});
        queue_.publish();
        return true;
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    static std::int64_t now() noexcept { return g_clock.now().time_since_epoch().count(); }
    MessageQueue& queue_;
    std::uint64_t sequence_ = 0;
    std::uint64_t dropped_ = 0;
};

/// Puts messages at the rate, in bursts of a millisecond. Each put is timed.
std::uint64_t produce(Producer& producer, double seconds, Histogram& cost) {
    Trades trades;
    const TimePoint began = g_clock.now();
    std::uint64_t made = 0;
    for (double passed = 0; passed < seconds;) {
        passed = std::chrono::duration<double>(g_clock.now() - began).count();
        for (const auto due = static_cast<std::uint64_t>(passed * kRate); made < due; ++made) {
            const std::string_view text = trades.next();
            const TimePoint before = g_clock.now();
            producer.put(text);
            cost.record((g_clock.now() - before).count());
        }
        std::this_thread::sleep_for(1ms);
    }
    return made;
}

void report_cost(const char* name, const Histogram& cost) {
    std::printf("  %-28s p50 %5llu ns   p99 %6llu ns\n", name,
                static_cast<unsigned long long>(cost.value_at(50)),
                static_cast<unsigned long long>(cost.value_at(99)));
}

void share_one_core() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

int write(const std::string& folder, double seconds) {
    MessageQueue queue(0, MessageQueue::kCapacity, std::size_t{256} << 20);
    Recorder recorder(queue,
                      {.folder = folder, .name = "bench", .max_file_size = 0, .rotation = Duration::zero()});
    Producer producer(queue);
    Histogram cost;
    const std::uint64_t made = produce(producer, seconds, cost);
    const Error lost = recorder.stop();
    const RecordStats stats = recorder.stats();
    std::printf(
        "one core for both, %.0f s: %llu messages of %zu B made, %llu written, %llu dropped; %.1f MB of "
        "lines in "
        "%.1f MB\n",
        seconds, static_cast<unsigned long long>(made), Trades::kSize,
        static_cast<unsigned long long>(stats.messages), static_cast<unsigned long long>(producer.dropped()),
        static_cast<double>(stats.raw_bytes) / 1e6, static_cast<double>(stats.written_bytes) / 1e6);
    report_cost("put, with the recorder", cost);
    return lost.failed() || producer.dropped() > 0 || stats.messages != made ? 1 : 0;
}

void write_without(double seconds) {
    MessageQueue queue(0, MessageQueue::kCapacity, std::size_t{256} << 20);
    std::atomic<bool> stop{false};
    std::thread consumer([&] {
        while (!stop) {
            while (queue.front() != nullptr) queue.pop();
            std::this_thread::sleep_for(1ms);
        }
    });
    Producer producer(queue);
    Histogram cost;
    produce(producer, seconds, cost);
    stop = true;
    consumer.join();
    report_cost("put, with a bare consumer", cost);
}

void compare_size(const std::string& path) {
    auto reader = RecordReader::open(path);
    if (!reader) return;
    std::string lines;
    while (const RecordLine* const line = (*reader).next()) append_line(lines, *line);
    std::string whole(ZSTD_compressBound(lines.size()), '\0');
    whole.resize(ZSTD_compress(whole.data(), whole.size(), lines.data(), lines.size(), 3));
    const auto size = static_cast<double>(std::filesystem::file_size(path));
    std::printf("size: %.1f MB, zstd -3 of the same lines %.1f MB: %.3f of it\n", size / 1e6,
                static_cast<double>(whole.size()) / 1e6, size / static_cast<double>(whole.size()));
}

int replay(const std::string& path) {
    ReplayClock clock;
    Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
    auto reader = RecordReader::open(path);
    if (!reader) return 1;
    ReplaySource source(reactor, clock, *std::move(reader));
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    WebSocketOptions options;
    options.dialer = &source;
    options.auto_reconnect = false;
    options.on_message = [&](const Message& message) {
        ++messages;
        bytes += message.payload.size();
    };
    WebSocketManager ws(reactor, "ws://replay.example/", options);
    const TimePoint began = g_clock.now();
    ws.connect();
    while (!source.over()) reactor.poll();
    const double passed = std::chrono::duration<double>(g_clock.now() - began).count();
    std::printf("replay at max through the client: %llu messages, %.0f MB/s of payload, %.0f ns a message\n",
                static_cast<unsigned long long>(messages), static_cast<double>(bytes) / passed / 1e6,
                passed * 1e9 / static_cast<double>(messages));
    return messages > 0 ? 0 : 1;
}

int measure(const std::string& folder, double seconds) {
    share_one_core();
    write_without(std::min(seconds, 5.0));
    int failed = write(folder, seconds);
    const std::string path = std::filesystem::directory_iterator(folder)->path().string();
    compare_size(path);
    failed |= replay(path);
    return failed;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    const bool smoke = mode == "--smoke";
    const bool socket = mode == "--socket";
    const char* const number = argc > (socket ? 2 : 1) ? argv[argc - 1] : "60";
    const double seconds = smoke ? 1 : std::atof(number);
    std::string folder = (std::filesystem::temp_directory_path() / "pinwheel-record-XXXXXX").string();
    if (!(seconds > 0) || ::mkdtemp(folder.data()) == nullptr) return 2;
    for (const char* const part : {"/socket", "/ring"}) std::filesystem::create_directory(folder + part);
    int failed = 0;
    try {
        // A busy machine may miss the rate for a second. --smoke does not fail then.
        if (smoke || socket)
            failed = bench::record_through_socket(folder + "/socket", seconds) || smoke ? 0 : 1;
        if (!socket) failed |= measure(folder + "/ring", seconds);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "record: %s\n", error.what());
        failed = 1;
    }
    std::filesystem::remove_all(folder);
    return failed;
}
