#include "hosts.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "../../support/subprocess.h"

namespace pinwheel::test {
namespace {

void run(const std::vector<std::string>& command) {
    Subprocess process(command, Subprocess::Errors::kept);
    const auto outcome = process.finish();
    if (outcome.status == 0) return;
    std::string line;
    for (const auto& word : command) line += word + " ";
    throw std::runtime_error(line + "failed; these tests need root and tools/setup: " + outcome.output +
                             outcome.errors);
}

}  // namespace

Hosts::Hosts(int count) : count_(count), home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    static int made = 0;
    // The name that tests/live/netns sweeps up after a process that died.
    base_ = "pinwheel-test-" + std::to_string(::getpid()) + "-relay" + std::to_string(++made);
    try {
        const std::string hub = name(0);
        run({"ip", "netns", "add", hub});
        run({"ip", "-n", hub, "link", "add", "bridge", "type", "bridge"});
        run({"ip", "-n", hub, "link", "set", "bridge", "up"});
        for (int host = 1; host <= count_; ++host) {
            const std::string port = "port" + std::to_string(host);
            run({"ip", "netns", "add", name(host)});
            run({"ip", "-n", hub, "link", "add", port, "type", "veth", "peer", "name", "cable", "netns",
                 name(host)});
            run({"ip", "-n", hub, "link", "set", port, "master", "bridge", "up"});
            run({"ip", "-n", name(host), "address", "add", address(host) + "/24", "dev", "cable"});
            run({"ip", "-n", name(host), "link", "set", "lo", "up"});
            run({"ip", "-n", name(host), "link", "set", "cable", "up"});
            // What is lost is sent again soon: tests wait for it.
            run({"ip", "-n", name(host), "route", "replace", "10.78.0.0/24", "dev", "cable", "src",
                 address(host), "rto_min", "10ms"});
        }
        const UniqueFd last(::open(("/run/netns/" + name(count_)).c_str(), O_RDONLY | O_CLOEXEC));
        if (!last || ::setns(last.get(), CLONE_NEWNET) != 0)
            throw std::runtime_error("cannot enter a network namespace");
    } catch (...) {
        clean_up();
        throw;
    }
}

Hosts::~Hosts() {
    clean_up();
}

void Hosts::clean_up() noexcept {
    if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();  // what follows would run in the wrong place
    for (int host = 0; host <= count_; ++host) {
        if (::access(("/run/netns/" + name(host)).c_str(), F_OK) != 0) continue;
        try {
            run({"ip", "netns", "delete", name(host)});
        } catch (const std::exception&) {  // the next process sweeps it up
        }
    }
}

std::vector<std::string> Hosts::on(int host) const {
    return {"ip", "netns", "exec", name(host)};
}

std::vector<std::string> Hosts::on(int host, std::vector<std::string> command) const {
    const auto before = on(host);
    command.insert(command.begin(), before.begin(), before.end());
    return command;
}

void Hosts::pull_cable(int host) {
    run({"ip", "-n", name(0), "link", "set", "port" + std::to_string(host), "down"});
}

void Hosts::plug_in(int host) {
    run({"ip", "-n", name(0), "link", "set", "port" + std::to_string(host), "up"});
}

void Hosts::lose_packets(int host, int percent) const {
    run(on(host, {"nft",
                  "add table inet fault; add chain inet fault in { type filter hook input priority 0; "
                  "policy accept; }; add rule inet fault in numgen random mod 100 < " +
                      std::to_string(percent) + " drop"}));
}

void Hosts::lose_no_packets(int host) const {
    run(on(host, {"nft", "delete table inet fault"}));
}

}  // namespace pinwheel::test
