#include "doctor_checks.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <sstream>

#include "../../../core/bounded_text_impl.h"

namespace pinwheel::tool {
namespace {

using pinwheel::detail::bounded_text;

const std::string kCpus = "/sys/devices/system/cpu";

/// A finding with an unknown value.
Finding about(std::string check, std::string why) {
    return {.check = std::move(check),
            .verdict = Verdict::unknown,
            .found = "the kernel does not report it",
            .why = std::move(why)};
}
Finding ok(Finding finding, std::string found) {
    finding.verdict = Verdict::ok;
    finding.found = bounded_text(std::move(found));
    return finding;
}
Finding advice(Finding finding, std::string found, std::string change) {
    finding.verdict = Verdict::advice;
    finding.found = bounded_text(std::move(found));
    finding.change = bounded_text(std::move(change));
    return finding;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}
/// The selected word in brackets, as in `always [madvise] never`; also in parentheses.
std::string chosen(const std::string& text) {
    for (const auto& word : words_of(text))
        if (word.size() > 2 && (word.front() == '[' || word.front() == '('))
            return word.substr(1, word.size() - 2);
    return words_of(text).size() == 1 ? text : "";
}
std::string joined(const std::set<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}
/// The value of `name=` on the kernel's command line; empty if it is missing.
std::string boot_option(const Machine& machine, const std::string& name) {
    for (const auto& word : words_of(machine.text("/proc/cmdline").value_or("")))
        if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
    return "";
}
bool has_flag(const std::string& cpuinfo, const std::string& flag) {
    const auto at = cpuinfo.find("\nflags");
    if (at == std::string::npos) return false;
    const auto words = words_of(cpuinfo.substr(at, cpuinfo.find('\n', at + 1) - at));
    return std::find(words.begin(), words.end(), flag) != words.end();
}

Finding governor(const Machine& machine) {
    auto finding = about("cpu governor", "a core that clocks down is slow to clock up when a message comes");
    const auto texts = machine.texts(kCpus, "cpu", "cpufreq/scaling_governor");
    if (texts.empty()) {
        finding.found = "no frequency scaling is visible; the host of a virtual machine controls it";
        return finding;
    }
    const std::set<std::string> kinds(texts.begin(), texts.end());
    const std::string found = joined(kinds) + " on " + std::to_string(texts.size()) + " cores";
    if (kinds == std::set<std::string>{"performance"}) return ok(std::move(finding), found);
    return advice(std::move(finding), found, "cpupower frequency-set -g performance");
}

/// The cores that the scheduler does not use.
std::set<int> isolated_cpus(const Machine& machine) {
    return parse_cpu_list(machine.text(kCpus + "/isolated").value_or(""));
}

Finding isolation(const Machine& machine) {
    auto finding = about("isolated cores",
                         "other tasks, the timer tick and kernel callbacks interrupt a thread that spins");
    const auto isolated = machine.text(kCpus + "/isolated");
    if (!isolated) return finding;
    if (isolated->empty())
        return advice(
            std::move(finding), "none",
            "boot with isolcpus=N nohz_full=N rcu_nocbs=N for the core to spin on, and pin with --cpu N");
    std::string missing;
    const auto ticking = parse_cpu_list(machine.text(kCpus + "/nohz_full").value_or(""));
    const auto callbacks = parse_cpu_list(boot_option(machine, "rcu_nocbs"));
    const auto cpus = isolated_cpus(machine);
    const auto within = [&](const std::set<int>& all) {
        return std::includes(all.begin(), all.end(), cpus.begin(), cpus.end());
    };
    if (!within(ticking)) missing += " nohz_full=" + *isolated;
    // The kernel also offloads callbacks from all nohz_full cores.
    if (!within(ticking) && !within(callbacks)) missing += " rcu_nocbs=" + *isolated;
    if (missing.empty()) return ok(std::move(finding), *isolated + ", without tick and callbacks");
    return advice(std::move(finding), *isolated + ", but still interrupted",
                  "boot with" + missing + " as well");
}

Finding interrupts(const Machine& machine) {
    auto finding =
        about("interrupt affinity", "a device's interrupt takes the core from the thread that spins");
    const auto lists = machine.texts("/proc/irq", "", "smp_affinity_list");
    if (lists.empty()) return finding;
    const auto isolated = isolated_cpus(machine);
    if (isolated.empty())
        return advice(std::move(finding), "no core is kept free of interrupts",
                      "choose a core to spin on, isolate it, and write the other cores into "
                      "/proc/irq/*/smp_affinity_list");
    const auto hit = std::count_if(lists.begin(), lists.end(), [&](const std::string& list) {
        const auto cpus = parse_cpu_list(list);
        return std::any_of(isolated.begin(), isolated.end(), [&](int cpu) { return cpus.contains(cpu); });
    });
    const std::string found =
        std::to_string(hit) + " of " + std::to_string(lists.size()) + " interrupts may go to isolated cores";
    if (hit == 0) return ok(std::move(finding), found);
    return advice(
        std::move(finding), found,
        "write the other cores into /proc/irq/*/smp_affinity_list, and set IRQBALANCE_BANNED_CPULIST "
        "if irqbalance runs");
}

Finding huge_pages(const Machine& machine) {
    auto finding = about("transparent huge pages",
                         "the kernel stalls a thread that writes memory while it assembles huge pages");
    const auto text = machine.text("/sys/kernel/mm/transparent_hugepage/enabled");
    if (!text) return finding;
    const std::string mode = chosen(*text);
    if (mode == "always")
        return advice(std::move(finding), mode, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
    return ok(std::move(finding), mode);
}

Finding sleep_states(const Machine& machine) {
    auto finding = about("C-states",
                         "a core that sleeps deeply needs up to hundreds of microseconds to wake; one "
                         "that spins never sleeps");
    const auto driver = machine.text(kCpus + "/cpuidle/current_driver");
    if (!driver) return finding;
    if (*driver == "none" || driver->empty())
        return ok(std::move(finding), "no idle driver; the host's behaviour is not visible");
    const auto folder = kCpus + "/cpu0/cpuidle";
    const auto latencies = machine.texts(folder, "state", "latency");
    const auto disabled = machine.texts(folder, "state", "disable");
    if (latencies.empty()) return finding;
    long long limit = 2'000'000'000;  // us; the value of /dev/cpu_dma_latency without a request
    if (const auto request = machine.text("/dev/cpu_dma_latency"); request && request->size() == 4) {
        std::int32_t value = 0;
        std::memcpy(&value, request->data(), sizeof value);
        limit = value;
    }
    long long deepest = 0;
    for (std::size_t i = 0; i < latencies.size(); ++i) {
        const long long latency = std::atoll(latencies[i].c_str());
        const bool off = i < disabled.size() && disabled[i] == "1";
        if (!off && latency <= limit) deepest = std::max(deepest, latency);
    }
    const std::string found =
        *driver + ", the deepest state in use takes " + std::to_string(deepest) + " us to leave";
    if (deepest <= 10) return ok(std::move(finding), found);
    return advice(std::move(finding), found,
                  "spin; or hold /dev/cpu_dma_latency open with 0 written to it; or cpupower idle-set -D 10");
}

Finding busy_poll(const Machine& machine) {
    auto finding = about("busy polling",
                         "with it a read polls the network card instead of waiting for the "
                         "interrupt");
    const auto poll = machine.number("/proc/sys/net/core/busy_poll");
    const auto read = machine.number("/proc/sys/net/core/busy_read");
    if (!poll || !read) return finding;
    const std::string found = "net.core.busy_poll " + std::to_string(*poll) + ", net.core.busy_read " +
                              std::to_string(*read) + " us";
    if (*poll > 0 && *read > 0) return ok(std::move(finding), found);
    return advice(
        std::move(finding), found,
        "sysctl net.core.busy_poll=50 net.core.busy_read=50, if the network card's driver supports it; "
        "loopback does not");
}

Finding time_counter(const Machine& machine) {
    auto finding = about("time stamp counter",
                         "the clock is read at each turn and for each message; only tsc is "
                         "read without a system call");
    const auto source = machine.text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    const auto cpuinfo = machine.text("/proc/cpuinfo");
    if (!source || !cpuinfo) return finding;
    const bool has_flags = cpuinfo->find("\nflags") != std::string::npos;
    const bool invariant = has_flag(*cpuinfo, "constant_tsc") && has_flag(*cpuinfo, "nonstop_tsc");
    const std::string found =
        "clocksource " + *source + (has_flags ? invariant ? ", invariant" : ", not invariant" : "");
    if (*source == "tsc" && invariant) return ok(std::move(finding), found);
    if (*source == "arch_sys_counter" || *source == "kvm-clock" || *source == "hyperv_clocksource_tsc_page")
        return ok(std::move(finding), found + "; read without a system call");
    return advice(std::move(finding), found,
                  invariant ? "boot with clocksource=tsc tsc=reliable, if the kernel rejected a good counter"
                            : "use a machine whose counter is invariant; do not use TscClock here");
}

Finding hypervisor(const Machine& machine) {
    auto finding = about("hypervisor", "a host takes the core away without a trace in the guest");
    const auto cpuinfo = machine.text("/proc/cpuinfo");
    if (!cpuinfo || cpuinfo->find("\nflags") == std::string::npos) return finding;
    if (!has_flag(*cpuinfo, "hypervisor")) return ok(std::move(finding), "none");
    const auto vendor = machine.text("/sys/class/dmi/id/sys_vendor");
    return advice(std::move(finding), "this is a virtual machine" + (vendor ? " (" + *vendor + ")" : ""),
                  "measure on bare metal, or have the host dedicate cores; take p99.9 and max with care");
}

Finding siblings(const Machine& machine) {
    auto finding = about("SMT siblings",
                         "two threads of one core share its caches and units: work on the sibling "
                         "slows the one that spins");
    const auto active = machine.text(kCpus + "/smt/active");
    if (!active) return finding;
    if (*active != "1") return ok(std::move(finding), "no core has two threads in use");
    const auto lists = machine.texts(kCpus, "cpu", "topology/thread_siblings_list");
    const std::set<std::string> pairs(lists.begin(), lists.end());
    return advice(
        std::move(finding), "cores share: " + joined(pairs),
        "take the sibling of the core to spin on offline: echo 0 > /sys/devices/system/cpu/cpuN/online");
}

Finding swap(const Machine& machine) {
    auto finding = about("swap", "a page that was swapped out stalls the thread for the disk");
    const auto text = machine.text("/proc/swaps");
    if (!text) return finding;
    if (text->find('\n') == std::string::npos) return ok(std::move(finding), "none");
    return advice(std::move(finding), "in use",
                  "swapoff -a, or pinwheel::lock_memory() with room in ulimit -l");
}

Finding limit(const Machine& machine, const std::string& check, const std::string& row, long long least,
              const std::string& why, const std::string& change) {
    auto finding = about(check, why);
    const auto text = machine.text("/proc/self/limits");
    const auto at = text ? text->find(row) : std::string::npos;
    if (at == std::string::npos) return finding;
    const auto words = words_of(text->substr(at + row.size(), text->find('\n', at) - at - row.size()));
    if (words.empty()) return finding;
    const std::string found = words.front();
    if (found == "unlimited" || std::atoll(found.c_str()) >= least) return ok(std::move(finding), found);
    return advice(std::move(finding), found, change);
}

Finding preemption(const Machine& machine) {
    auto finding = about("kernel preemption",
                         "a kernel without preemption delays a thread until its own work is "
                         "done; a dedicated core matters more");
    if (machine.text("/sys/kernel/realtime").value_or("0") == "1") return ok(std::move(finding), "real-time");
    std::string model;
    if (const auto text = machine.text("/sys/kernel/debug/sched/preempt"))
        model = chosen(*text);
    else if (const auto version = machine.text("/proc/version"))
        model = version->find("PREEMPT_DYNAMIC") != std::string::npos ? boot_option(machine, "preempt")
                : version->find("PREEMPT") != std::string::npos       ? "full"
                                                                      : "voluntary or none";
    if (model.empty()) return finding;
    if (model == "full" || model == "lazy") return ok(std::move(finding), model);
    return advice(std::move(finding), model, "boot with preempt=full, if threads share their cores");
}

Finding tls_records(const Machine& machine, TlsRecordsBy in_place) {
    auto finding =
        about("TLS records in place",
              "with tls.records = in_place, libipsec-mb opens a record of 200 bytes five times as fast "
              "as EVP, OpenSSL's interface");
    const auto cpuinfo = machine.text("/proc/cpuinfo");
    if (!cpuinfo || cpuinfo->find("\nflags") == std::string::npos) return finding;
    if (!has_flag(*cpuinfo, "aes") || !has_flag(*cpuinfo, "pclmulqdq"))
        return advice(std::move(finding), "by EVP; the CPU does not show aes and pclmulqdq",
                      "use a machine whose CPU has both, or whose host does not hide them");
    if (in_place == TlsRecordsBy::in_place_ipsec_mb) return ok(std::move(finding), "by ipsec-mb");
    return advice(std::move(finding), "by EVP; this build is without libipsec-mb",
                  "install libipsec-mb-dev and build with -Dipsec_mb=enabled");
}

}  // namespace

std::vector<Finding> examine(const Machine& machine, TlsRecordsBy in_place) {
    constexpr long long kLocked = std::int64_t{64} << 20;
    return {governor(machine),
            isolation(machine),
            interrupts(machine),
            huge_pages(machine),
            sleep_states(machine),
            busy_poll(machine),
            time_counter(machine),
            hypervisor(machine),
            siblings(machine),
            swap(machine),
            limit(machine, "limit of locked memory", "Max locked memory", kLocked,
                  "pages that may be locked are never swapped out or moved",
                  "memlock in /etc/security/limits.conf: unlimited"),
            limit(machine, "limit of real-time priority", "Max realtime priority", 1,
                  "a real-time thread is not interrupted by others that share its core",
                  "rtprio in /etc/security/limits.conf: 1 or more"),
            limit(machine, "limit of open files", "Max open files", 4096,
                  "each connection takes a descriptor", "nofile in /etc/security/limits.conf: 65536"),
            preemption(machine),
            tls_records(machine, in_place)};
}

}  // namespace pinwheel::tool
