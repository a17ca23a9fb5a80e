// A file system of 512 KiB that fills up, and then has room again. Needs root.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "../../../proto/record/recorder.h"
#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// Payloads that zstd can hardly compress.
std::string noise(std::uint64_t number) {
    std::string text = std::to_string(number) + " ";
    std::uint64_t seed = number + 1;
    while (text.size() < 1000) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        text += static_cast<char>('0' + (seed >> 58));
    }
    return text;
}

/// The exit status: 0, or the number of the failed check.
int fill_and_free(const std::string& folder) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=512k") != 0)
        return 10;
    std::ofstream(folder + "/ballast") << std::string(300 << 10, 'b');
    MessageQueue queue(2000);
    std::mutex mutex;
    std::vector<std::string> alerts;
    std::uint64_t made = 0;
    std::uint64_t refused = 0;
    {
        Recorder recorder(queue, {.folder = folder, .name = "small"}, [&](std::string_view text) {
            const std::lock_guard lock(mutex);
            alerts.emplace_back(text);
        });
        RingFiller ring(queue);
        ring.connected();
        const auto offer = [&](int count) {
            for (int i = 0; i < count; ++i, ++made) {
                if (queue.full()) {
                    ++refused;
                    continue;
                }
                if (refused > 0) ring.dropped(std::exchange(refused, 0));
                ring.message(noise(made), 1'795'849'200'000'000'000 + static_cast<std::int64_t>(made));
            }
        };
        while (!recorder.stats().is_stopped) {
            offer(10);
            std::this_thread::sleep_for(1ms);
        }
        offer(5000);  // more than the ring holds
        if (refused == 0) return 11;
        auto reader = RecordReader::open(recorder.path());
        if (!reader) return 12;
        while ((*reader).next() != nullptr) {
        }
        if (reader->summary().losses != 0) return 13;  // complete lines, also now
        ::unlink((folder + "/ballast").c_str());
        while (recorder.stats().is_stopped) std::this_thread::sleep_for(1ms);
        offer(1);
        recorder.stop();
        if (recorder.stats().write_failures == 0 || recorder.stats().dropped == 0) return 14;
        if (alerts.size() < 2 || alerts[0].find("No space left") == std::string::npos ||
            alerts[1].find("goes on") == std::string::npos)
            return 15;
    }
    auto reader = RecordReader::open(recordings_in(folder));
    if (!reader) return 16;
    std::uint64_t next = 1;
    while (const RecordLine* const line = (*reader).next()) {
        if (line->kind == LineKind::dropped) next += line->count;
        if (line->kind != LineKind::message) continue;
        if (line->sequence != next++) return 17;
        const std::string_view text(reinterpret_cast<const char*>(line->payload.data()),
                                    line->payload.size());
        if (text != noise(line->sequence - 1)) return 18;
    }
    return reader->summary().losses == 0 ? 0 : 19;
}

TEST(SmallDisk, TheRecordingStopsCompleteReportsItAndContinuesWithACountOfDrops) {
    ASSERT_EQ(::geteuid(), 0U) << "needs root";
    const TempDir folder;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(fill_and_free(folder.path(".")));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pinwheel
