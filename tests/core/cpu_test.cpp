#include "../../core/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "../../core/mapped_memory.h"

namespace pinwheel {
namespace {

int first_allowed_cpu() {
    cpu_set_t set;
    CPU_ZERO(&set);
    EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) return cpu;
    return -1;
}

/// Runs the check in a child, because it changes the whole process. The child's exit status is the number of
/// the failed check.
int status_in_child(int (*check)()) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(check());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

#if defined(__has_feature)
#define PINWHEEL_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PINWHEEL_SANITIZED 1
#else
#define PINWHEEL_SANITIZED 0
#endif
#if PINWHEEL_SANITIZED
constexpr bool kLocks = false;  // the sanitizers report success and lock nothing
#else
constexpr bool kLocks = true;
#endif

/// Refused for lack of a privilege. The text says what to do about it.
bool is_clear_refusal(const Error& error, const char* cure) {
    return error.code == Errc::not_permitted && error.message().find(cure) != std::string::npos;
}

TEST(Cpu, AThreadIsBoundToTheRequestedCore) {
    std::thread([] {
        const int cpu = first_allowed_cpu();
        const Error refused = pin_to_cpu(cpu);
        ASSERT_FALSE(refused.failed()) << refused.message();
        EXPECT_EQ(::sched_getcpu(), cpu);
        cpu_set_t set;
        ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
        EXPECT_EQ(CPU_COUNT(&set), 1);
    }).join();
}

TEST(Cpu, ACoreThatIsNotThereIsAnErrorThatNamesItAndThoseThatAre) {
    const std::string there = "it has cores 0 to " + std::to_string(cpu_count() - 1);
    for (const int cpu : {-1, 9999, CPU_SETSIZE, 1 << 30}) {
        const Error refused = pin_to_cpu(cpu);
        EXPECT_EQ(refused.code, Errc::invalid_argument);
        EXPECT_NE(refused.message().find("there is no core " + std::to_string(cpu) + " "), std::string::npos)
            << refused.message();
        EXPECT_NE(refused.message().find(there), std::string::npos) << refused.message();
    }
}

TEST(Cpu, CountsTheCoresThatAreOnline) {
    EXPECT_EQ(cpu_count(), static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
    EXPECT_GE(cpu_count(), 1);
}

TEST(Cpu, MemoryIsLockedOrTheRefusalSaysHowToAllowIt) {
    EXPECT_EQ(status_in_child([] {
                  const Error refused = lock_memory();
                  return !refused.failed() || is_clear_refusal(refused, "ulimit -l") ||
                                 refused.code == Errc::out_of_memory
                             ? 0
                             : 1;
              }),
              0);
    EXPECT_EQ(status_in_child([] {
                  const rlimit nothing{0, 0};
                  if (::setrlimit(RLIMIT_MEMLOCK, &nothing) != 0) return 1;
                  if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;
                  return is_clear_refusal(lock_memory(), "ulimit -l") || !kLocks ? 0 : 3;
              }),
              0);
}

TEST(Cpu, RealTimePriorityIsGivenOrTheRefusalSaysHowToAllowIt) {
    EXPECT_EQ(status_in_child([] {
                  const Error refused = make_realtime(1);
                  if (refused.failed()) return is_clear_refusal(refused, "ulimit -r") ? 0 : 1;
                  return ::sched_getscheduler(0) == SCHED_FIFO ? 0 : 2;
              }),
              0);
    EXPECT_EQ(status_in_child([] {
                  const rlimit nothing{0, 0};
                  if (::setrlimit(RLIMIT_RTPRIO, &nothing) != 0) return 1;
                  if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;
                  return is_clear_refusal(make_realtime(1), "ulimit -r") ? 0 : 3;
              }),
              0);
    for (const int priority : {-1, 0, 100})
        EXPECT_NE(make_realtime(priority).message().find(std::to_string(priority) + " is not within 1 to 99"),
                  std::string::npos);
}

TEST(Cpu, PrefaultTouchesEachPageAndKeepsTheContents) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const MappedMemory memory(16 * page);
    memory.data()[5 * page + 7] = std::byte{42};
    prefault(memory.data() + 1, memory.size() - 1);
    std::vector<unsigned char> resident(16);
    ASSERT_EQ(::mincore(memory.data(), memory.size(), resident.data()), 0);
    for (std::size_t i = 0; i < resident.size(); ++i) EXPECT_TRUE(resident[i] & 1) << "page " << i;
    EXPECT_EQ(memory.data()[5 * page + 7], std::byte{42});
    prefault(nullptr, 0);
}

}  // namespace
}  // namespace pinwheel
