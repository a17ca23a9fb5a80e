#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "../../core/bounded_text_impl.h"
#include "../../net/tls_context.h"
#include "../../tools/pinwheel/doctor/doctor_checks.h"
#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel::test {
namespace {

using namespace tool;

/// A simulated machine.
class Tree {
  public:
    using Files = std::map<std::string, std::string>;

    explicit Tree(const Files& files) {
        for (const auto& [path, text] : files) set(path, text);
    }
    void set(const std::string& path, const std::string& text) {
        const std::filesystem::path file = root() + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    [[nodiscard]] std::string root() const { return folder_.path("root"); }
    [[nodiscard]] Finding finding(const std::string& check) const {
        const auto all = examine(Machine(root()), TlsRecordsBy::in_place_ipsec_mb);
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.check == check; });
        if (found == all.end()) throw std::runtime_error("no check " + check);
        return *found;
    }

  private:
    TempDir folder_;
};

const std::string kCpus = "/sys/devices/system/cpu";
const std::string kLimits =
    "Limit                     Soft Limit           Hard Limit           Units     \n";

/// A perfect machine.
std::map<std::string, std::string> good_machine() {
    return {{kCpus + "/cpu0/cpufreq/scaling_governor", "performance\n"},
            {kCpus + "/cpu1/cpufreq/scaling_governor", "performance\n"},
            {kCpus + "/isolated", "1\n"},
            {kCpus + "/nohz_full", "1\n"},
            {"/proc/cmdline", "quiet isolcpus=1 nohz_full=1 rcu_nocbs=1 preempt=full\n"},
            {"/proc/irq/9/smp_affinity_list", "0\n"},
            {"/proc/irq/24/smp_affinity_list", "0\n"},
            {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
            {kCpus + "/cpuidle/current_driver", "intel_idle\n"},
            {kCpus + "/cpu0/cpuidle/state0/latency", "0\n"},
            {kCpus + "/cpu0/cpuidle/state0/disable", "0\n"},
            {kCpus + "/cpu0/cpuidle/state1/latency", "2\n"},
            {kCpus + "/cpu0/cpuidle/state1/disable", "0\n"},
            {kCpus + "/cpu0/cpuidle/state2/latency", "133\n"},
            {kCpus + "/cpu0/cpuidle/state2/disable", "1\n"},
            {"/proc/sys/net/core/busy_poll", "50\n"},
            {"/proc/sys/net/core/busy_read", "50\n"},
            {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
            {"/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc constant_tsc nonstop_tsc aes pclmulqdq\n"},
            {kCpus + "/smt/active", "0\n"},
            {"/proc/swaps", "Filename\t\t\t\tType\t\tSize\n"},
            {"/proc/self/limits",
             kLimits + "Max open files            65536                65536                files     \n"
                       "Max locked memory         unlimited            unlimited            bytes     \n"
                       "Max realtime priority     99                   99                             \n"},
            {"/proc/version", "Linux version 6.1.0 SMP PREEMPT_DYNAMIC Debian\n"}};
}

TEST(Doctor, IsContentWithAGoodMachine) {
    const Tree tree(good_machine());
    const auto findings = examine(Machine(tree.root()), TlsRecordsBy::in_place_ipsec_mb);
    EXPECT_EQ(findings.size(), 15U);
    for (const auto& finding : findings)
        EXPECT_EQ(finding.verdict, Verdict::ok) << finding.check << ": " << finding.found;
}

TEST(Doctor, NamesTheBackendOfTlsRecordsInPlace) {
    const auto last = [](const std::string& root, TlsRecordsBy in_place) {
        return examine(Machine(root), in_place).back();
    };
    Tree tree(good_machine());
    EXPECT_EQ(last(tree.root(), TlsRecordsBy::in_place_ipsec_mb).found, "by ipsec-mb");
    EXPECT_EQ(last(tree.root(), TlsRecordsBy::in_place_evp).found,
              "by EVP; this build is without libipsec-mb");
    tree.set("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu aes\n");
    EXPECT_EQ(last(tree.root(), TlsRecordsBy::in_place_evp).verdict, Verdict::advice);
}

TEST(Doctor, KnowsNothingOfAnEmptyTree) {
    Tree tree(Tree::Files{});
    tree.set("/proc/empty", "");
    for (const auto& finding : examine(Machine(tree.root()), TlsRecordsBy::in_place_ipsec_mb)) {
        EXPECT_EQ(finding.verdict, Verdict::unknown) << finding.check;
        EXPECT_FALSE(finding.why.empty()) << finding.check;
        EXPECT_EQ(finding.change, "") << finding.check;
    }
    const auto outcome = run({"doctor", "--root", tree.root()});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "");
}

// N8, M6
TEST(Doctor, N8ReadsAndTellsWithinABound) {
    Tree tree(good_machine());
    std::filesystem::remove(tree.root() + "/proc/swaps");
    std::filesystem::create_symlink("/dev/zero", tree.root() + "/proc/swaps");
    tree.set(kCpus + "/isolated", std::string(100'000, 'x'));
    tree.set(kCpus + "/cpu1/cpufreq/scaling_governor", std::string(100'000, 'x'));
    EXPECT_EQ(tree.finding("swap").verdict, Verdict::unknown);
    for (const auto& finding : examine(Machine(tree.root()), TlsRecordsBy::in_place_ipsec_mb)) {
        EXPECT_LE(finding.found.size(), pinwheel::detail::kMaxErrorText) << finding.check;
        EXPECT_LE(finding.change.size(), pinwheel::detail::kMaxErrorText) << finding.check;
    }
}

TEST(Doctor, AdvisesOnEachThingThatIsNotWell) {
    struct Case {
        std::string check;
        std::string path;
        std::string text;
        std::string found;
        std::string change;
    };
    const std::vector<Case> cases{
        {"cpu governor", kCpus + "/cpu1/cpufreq/scaling_governor", "powersave\n",
         "performance, powersave on 2 cores", "cpupower"},
        {"isolated cores", kCpus + "/isolated", "\n", "none", "isolcpus=N"},
        {"isolated cores", kCpus + "/nohz_full", "0\n", "1, but still interrupted", "nohz_full=1"},
        {"interrupt affinity", "/proc/irq/24/smp_affinity_list", "0-3\n",
         "1 of 2 interrupts may go to isolated cores", "smp_affinity_list"},
        {"transparent huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n",
         "always", "madvise >"},
        {"C-states", kCpus + "/cpu0/cpuidle/state2/disable", "0\n",
         "intel_idle, the deepest state in use takes 133 us to leave", "cpu_dma_latency"},
        {"busy polling", "/proc/sys/net/core/busy_read", "0\n",
         "net.core.busy_poll 50, net.core.busy_read 0 us", "sysctl"},
        {"time stamp counter", "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n",
         "clocksource hpet, invariant", "clocksource=tsc"},
        {"time stamp counter", "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc\n",
         "clocksource tsc, not invariant", "TscClock"},
        {"hypervisor", "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\n",
         "this is a virtual machine", "bare metal"},
        {"SMT siblings", kCpus + "/smt/active", "1\n", "cores share: ", "offline"},
        {"swap", "/proc/swaps", "Filename Type\n/dev/sda2 partition\n", "in use", "swapoff"},
        {"limit of locked memory", "/proc/self/limits",
         kLimits + "Max locked memory         65536                65536                bytes     \n",
         "65536", "memlock"},
        {"limit of real-time priority", "/proc/self/limits",
         kLimits + "Max realtime priority     0                    0                    \n", "0", "rtprio"},
        {"limit of open files", "/proc/self/limits",
         kLimits + "Max open files            1024                 1048576              files     \n", "1024",
         "nofile"},
        {"kernel preemption", "/sys/kernel/debug/sched/preempt", "none (voluntary) full\n", "voluntary",
         "preempt=full"},
    };
    for (const auto& [check, path, text, found, change] : cases) {
        Tree tree(good_machine());
        tree.set(path, text);
        const auto finding = tree.finding(check);
        EXPECT_EQ(finding.verdict, Verdict::advice) << check;
        EXPECT_EQ(finding.found, found) << check;
        EXPECT_NE(finding.change.find(change), std::string::npos) << finding.change;
    }
}

TEST(Doctor, KnowsARequestForShallowSleep) {
    Tree tree(good_machine());
    tree.set(kCpus + "/cpu0/cpuidle/state2/disable", "0\n");
    tree.set("/dev/cpu_dma_latency", std::string("\x02\0\0\0", 4));
    EXPECT_EQ(tree.finding("C-states").verdict, Verdict::ok);
}

TEST(Doctor, PrintsALineForEachFinding) {
    Tree tree(good_machine());
    tree.set(kCpus + "/smt/active", "1\n");
    const auto text = run({"doctor", "--root", tree.root()});
    EXPECT_EQ(text.status, 0);
    EXPECT_NE(text.output.find("ok       cpu governor                performance on 2 cores\n"),
              std::string::npos)
        << text.output;
    const std::size_t advices = TlsContext::in_place_records() == TlsRecordsBy::in_place_ipsec_mb ? 1 : 2;
    EXPECT_EQ(lines_of(text.output), 15U + 2 * advices) << "two more for an advice";
    const auto json = run({"doctor", "--root", tree.root(), "--json"});
    EXPECT_EQ(lines_of(json.output), 1U);
    EXPECT_NE(json.output.find(R"({"check":"SMT siblings","verdict":"advice")"), std::string::npos)
        << json.output;
    EXPECT_EQ(run({"doctor"}).status, 0) << "on this machine";
}

TEST(CpuList, IsParsed) {
    EXPECT_EQ(parse_cpu_list("0-2,7"), (std::set<int>{0, 1, 2, 7}));
    EXPECT_EQ(parse_cpu_list(""), std::set<int>{});
    EXPECT_EQ(parse_cpu_list("x,3,5-"), std::set<int>{3});
}

}  // namespace
}  // namespace pinwheel::test
