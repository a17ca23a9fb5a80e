// A writer under load is killed at random moments with a fixed seed, on a sound disk, on a disk that is full
// for a time (a small tmpfs, which needs root), and with fdatasync failing. The files have a prefix of the
// messages, in complete lines, at most one second short unless the disk is full, and the next run appends.
// PINWHEEL_KILLS sets the number of kills.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <new>
#include <optional>
#include <thread>

#include "../../../core/random.h"
#include "../../../proto/record/recorder.h"
#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

enum class Disk : std::uint8_t { sound, full, unsynced };

/// fdatasync fails, except each fourth call.
class FailingSyncs final : public FileCalls {
  public:
    int sync(int fd) noexcept override { return ++calls_ % 4 != 0 ? (errno = EIO, -1) : FileCalls::sync(fd); }

  private:
    int calls_ = 0;
};

constexpr std::size_t kSlots = 4096;  // of a millisecond each

/// The child's progress, readable after its death: the number of messages made by each millisecond.
struct Progress {
    std::atomic<std::uint64_t> made{0};
    std::array<std::atomic<std::uint64_t>, kSlots> made_by{};
    std::atomic<bool> records{false};
};

[[noreturn]] void record_until_killed(const std::string& folder, Disk disk, Progress& progress) {
    MessageQueue queue;
    RingFiller ring(queue);
    SteadyClock clock;
    FileCalls sound;
    FailingSyncs failing;
    RecordOptions options{.folder = folder, .name = "killed", .rotation = Duration::zero()};
    if (disk == Disk::unsynced) options.sync_interval = 50ms;
    const Recorder recorder(queue, options, {}, disk == Disk::unsynced ? &failing : &sound);
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

/// A new folder, with a file system of 200 KiB if the disk must fill up.
class KillFolder {
  public:
    explicit KillFolder(Disk disk) : is_mounted_(disk == Disk::full) {
        if (is_mounted_) mount("size=200k", 0);
    }
    ~KillFolder() {
        if (is_mounted_) ::umount2(path().c_str(), MNT_DETACH);
    }
    KillFolder(const KillFolder&) = delete;
    KillFolder& operator=(const KillFolder&) = delete;
    [[nodiscard]] std::string path() const { return folder_.path("."); }
    void make_room() const {
        if (is_mounted_) mount("size=64m", MS_REMOUNT);
    }

  private:
    void mount(const char* size, unsigned long flags) const {
        EXPECT_EQ(::mount("tmpfs", path().c_str(), "tmpfs", flags, size), 0) << "needs root";
    }
    const TempDir folder_;
    const bool is_mounted_;
};

void kill_many(Disk disk) {
    constexpr int kInFolder = 10;
    const char* const wanted = std::getenv("PINWHEEL_KILLS");
    const int kills = wanted != nullptr ? std::atoi(wanted) : kInFolder;
    SeededRandom random(20'261'128);
    auto* const memory =
        ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::optional<KillFolder> folder;
    int runs = 0;  // in this folder, with at least one written line
    std::uint64_t short_by = 0;
    std::size_t most_files = 0;
    for (int kill = 0; kill < kills; ++kill) {
        if (kill % kInFolder == 0) {
            folder.emplace(disk);
            runs = 0;
        }
        const bool is_full = disk == Disk::full && kill % kInFolder < kInFolder / 2;
        if (kill % kInFolder == kInFolder / 2) folder->make_room();
        auto& progress = *new (memory) Progress;
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) record_until_killed(folder->path(), disk, progress);
        while (!progress.records) std::this_thread::sleep_for(100us);
        const auto life = kill % 4 == 0 ? 1000ms + random.below(500) * 1ms : random.below(700) * 1ms;
        std::this_thread::sleep_for(life);
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        // The last millisecond with progress, and the progress one second before it.
        std::size_t last = kSlots - 1;
        while (last > 0 && progress.made_by[last] == 0) --last;
        std::uint64_t due = 0;
        for (std::size_t slot = 0; !is_full && last >= 1000 && slot <= last - 1000; ++slot)
            due = std::max(due, progress.made_by[slot].load());
        const std::uint64_t there = messages_of_last(folder->path(), runs + 1);
        if (there > 0) ++runs;
        EXPECT_GE(there, due) << "kill " << kill << " after " << life.count() << " ms";
        EXPECT_LE(there, progress.made);
        if (!is_full) short_by = std::max(short_by, progress.made - there);
        most_files = std::max(most_files, recordings_in(folder->path()).size());
        if (testing::Test::HasFailure()) break;
    }
    if (disk != Disk::unsynced) {
        EXPECT_EQ(most_files, 1U) << "each run appends to the file of the last run";
    }
    EXPECT_GT(runs, 0);
    std::printf("%d kills, at most %llu messages short\n", kills, static_cast<unsigned long long>(short_by));
    std::fflush(stdout);
    ::munmap(memory, sizeof(Progress));
}

TEST(KilledRecorder, LeavesAPrefixAtMostASecondShortAndTheNextRunAppends) {
    kill_many(Disk::sound);
}

TEST(KilledRecorder, LeavesAPrefixWhereSyncsFail) {
    kill_many(Disk::unsynced);
}

/// In a separate mount namespace.
TEST(KilledRecorder, LeavesAPrefixOnAFullDiskAndAppendsOnceThereIsRoom) {
    ASSERT_EQ(::geteuid(), 0U) << "needs root";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            ::_exit(2);
        kill_many(Disk::full);
        std::fflush(nullptr);
        ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pinwheel
