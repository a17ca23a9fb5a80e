// A writer under load is killed at random moments with a fixed seed. The file has a prefix of the messages,
// in complete lines, at most one second short, and the next run appends. PINWHEEL_KILLS sets the number of
// kills.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <new>
#include <thread>

#include "../../../core/random.h"
#include "../../../proto/record/recorder.h"
#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::size_t kSlots = 4096;  // of a millisecond each

/// The child's progress, readable after its death: the number of messages made by each millisecond.
struct Progress {
    std::atomic<std::uint64_t> made{0};
    std::array<std::atomic<std::uint64_t>, kSlots> made_by{};
    std::atomic<bool> records{false};
};

[[noreturn]] void record_until_killed(const std::string& folder, Progress& progress) {
    MessageQueue queue;
    RingFiller ring(queue);
    SteadyClock clock;
    const Recorder recorder(queue, {.folder = folder, .name = "killed", .rotation = Duration::zero()});
    ring.connected(clock.now());
    const TimePoint began = clock.now();
    progress.records = true;
    for (std::uint64_t number = 0;; ++number) {
        ring.message("{\"number\":" + std::to_string(number) + "}",
                     clock.system_now().time_since_epoch().count(), true, clock.now());
        progress.made.store(number + 1);
        const auto slot = static_cast<std::size_t>((clock.now() - began) / 1ms);
        progress.made_by[std::min(slot, kSlots - 1)].store(number + 1);
        if (number % 32 == 0) std::this_thread::sleep_for(200us);
    }
}

std::uint64_t number_in(const RecordLine& line) {
    const std::string_view text(reinterpret_cast<const char*>(line.payload.data()), line.payload.size());
    std::uint64_t number = ~std::uint64_t{0};
    std::from_chars(text.data() + 10, text.data() + text.size(), number);
    return number;
}

/// The messages of the last of `runs` runs. Each run numbers its messages from 0 without a hole.
std::uint64_t messages_of_last(const std::string& folder, int runs) {
    auto reader = RecordReader::open(recordings_in(folder));
    EXPECT_TRUE(reader);
    int seen = 0;
    std::uint64_t next = 0;
    while (const RecordLine* const line = (*reader).next()) {
        if (line->kind == LineKind::connected) {
            ++seen;
            next = 0;
        }
        if (line->kind != LineKind::message) continue;
        EXPECT_EQ(number_in(*line), next);
        if (number_in(*line) != next) return 0;
        ++next;
    }
    for (const auto& loss : reader->losses()) EXPECT_EQ(loss.what, "a torn tail");
    return seen == runs ? next : 0;  // otherwise the last run has written nothing
}

TEST(KilledRecorder, LeavesAPrefixAtMostASecondShortAndTheNextRunAppends) {
    const char* const wanted = std::getenv("PINWHEEL_KILLS");
    const int kills = wanted != nullptr ? std::atoi(wanted) : 12;
    SeededRandom random(20'261'128);
    auto* const memory =
        ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::optional<TempDir> folder;
    int runs = 0;  // the runs in this folder that have written messages
    std::uint64_t short_by = 0;
    for (int kill = 0; kill < kills; ++kill) {
        if (kill % 10 == 0) {
            folder.emplace();
            runs = 0;
        }
        auto& progress = *new (memory) Progress;
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) record_until_killed(folder->path("."), progress);
        while (!progress.records) std::this_thread::sleep_for(100us);
        const auto life = kill % 4 == 0 ? 1000ms + random.below(500) * 1ms : random.below(700) * 1ms;
        std::this_thread::sleep_for(life);
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        // The last millisecond with progress, and the number of messages one second before.
        std::size_t last = kSlots - 1;
        while (last > 0 && progress.made_by[last] == 0) --last;
        std::uint64_t due = 0;
        for (std::size_t slot = 0; last >= 1000 && slot <= last - 1000; ++slot)
            due = std::max(due, progress.made_by[slot].load());
        const std::uint64_t there = messages_of_last(folder->path("."), runs + 1);
        if (there > 0) ++runs;
        EXPECT_GE(there, due) << "kill " << kill << " after " << life.count() << " ms";
        EXPECT_LE(there, progress.made);
        short_by = std::max(short_by, progress.made - there);
        if (testing::Test::HasFailure()) break;
    }
    EXPECT_EQ(recordings_in(folder->path(".")).size(), 1U) << "each run appends to the file of the last";
    std::printf("%d kills, at most %llu messages short\n", kills, static_cast<unsigned long long>(short_by));
    ::munmap(memory, sizeof(Progress));
}

}  // namespace
}  // namespace pinwheel
