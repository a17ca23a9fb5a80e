#include "cpu.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace pinwheel {
namespace {

Error system_refusal(const char* what, const char* cure) {
    const int error = errno;
    return {errc_from_errno(error), std::string(what) + ": " + std::strerror(error) + "; " + cure};
}

}  // namespace

int cpu_count() noexcept {
    return static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
}

Error pin_to_cpu(int cpu) {
    if (cpu < 0 || cpu >= CPU_SETSIZE || cpu >= static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)))
        return {Errc::invalid_argument, "there is no core " + std::to_string(cpu) +
                                            " on this machine; it has cores 0 to " +
                                            std::to_string(cpu_count() - 1)};
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof set, &set) == 0) return {};
    const std::string what = "cannot pin to core " + std::to_string(cpu);
    return system_refusal(what.c_str(), "is the core online, and allowed to this process (cpuset, taskset)?");
}

Error lock_memory() {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
    return system_refusal("cannot lock memory", "raise the limit (ulimit -l) or give CAP_IPC_LOCK");
}

void prefault(void* begin, std::size_t size) noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    auto* bytes = static_cast<volatile char*>(begin);
    for (std::size_t at = 0; at < size; at += page) bytes[at] = bytes[at];
    if (size > 0) bytes[size - 1] = bytes[size - 1];
}

Error make_realtime(int priority) {
    if (priority < 1 || priority > 99)
        return {Errc::invalid_argument,
                "real-time priority " + std::to_string(priority) + " is not within 1 to 99"};
    const sched_param param{.sched_priority = priority};
    if (::sched_setscheduler(0, SCHED_FIFO, &param) == 0) return {};
    return system_refusal("cannot switch to SCHED_FIFO", "raise the limit (ulimit -r) or give CAP_SYS_NICE");
}

}  // namespace pinwheel
