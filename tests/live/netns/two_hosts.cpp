#include "two_hosts.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "../../support/subprocess.h"

namespace pinwheel::test {
namespace {

constexpr const char* kPrefix = "pinwheel-test-";

void run(const std::vector<std::string>& command) {
    Subprocess process(command);
    const std::string output = process.read_rest();
    const int status = process.wait();
    if (status == 0) return;
    std::string line;
    for (const auto& word : command) line += word + " ";
    throw std::runtime_error(line + "failed with " + std::to_string(status) + ": " + output);
}

void require_tools() {
    if (::geteuid() != 0) throw std::runtime_error("network namespaces need root: run these tests as root");
    for (const std::vector<std::string>& tool : {std::vector<std::string>{"ip", "-V"}, {"nft", "-v"}}) {
        try {
            run(tool);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error("'" + tool[0] + "' is missing or does not run: run tools/setup (" +
                                     error.what() + ")");
        }
    }
}

/// The process in a namespace's name; 0: another kind of name.
pid_t owner_of(const std::string& name) {
    if (name.rfind(kPrefix, 0) != 0) return 0;
    return static_cast<pid_t>(std::atol(name.c_str() + std::strlen(kPrefix)));
}

/// Removes the namespaces of processes that have died.
void sweep_up() {
    Subprocess list({"ip", "netns", "list"});
    std::istringstream lines(list.read_rest());
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(0, line.find(' '));
        const pid_t owner = owner_of(name);
        if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) run({"ip", "netns", "delete", name});
    }
}

void enter(const UniqueFd& space) {
    if (!space || ::setns(space.get(), CLONE_NEWNET) != 0)
        throw std::runtime_error(std::string("cannot enter a network namespace: ") + std::strerror(errno));
}

UniqueFd open_space(const std::string& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

TwoHosts::TwoHosts() {
    static int count = 0;
    require_tools();
    sweep_up();
    const std::string base = kPrefix + std::to_string(::getpid()) + "-" + std::to_string(++count);
    client_ = base + "-client";
    server_ = base + "-server";
    home_ = open_space("/proc/thread-self/ns/net");
    try {
        run({"ip", "netns", "add", client_});
        run({"ip", "netns", "add", server_});
        run({"ip", "-n", client_, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns",
             server_});
        run({"ip", "-n", client_, "address", "add", std::string(kClient) + "/24", "dev", "cable"});
        run({"ip", "-n", server_, "address", "add", std::string(kServer) + "/24", "dev", "cable"});
        run({"ip", "-n", server_, "address", "add", std::string(kSecondServer) + "/24", "dev", "cable"});
        for (const auto& host : {client_, server_})
            for (const char* device : {"lo", "cable"}) run({"ip", "-n", host, "link", "set", device, "up"});
        // Lost packets are retransmitted soon, because tests wait for them.
        run({"ip", "-n", client_, "route", "replace", "10.77.0.0/24", "dev", "cable", "src", kClient,
             "rto_min", "10ms"});
        enter(open_space("/run/netns/" + client_));
    } catch (...) {
        clean_up();
        throw;
    }
}

TwoHosts::~TwoHosts() {
    clean_up();
}

void TwoHosts::clean_up() noexcept {
    if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();  // this thread is in the wrong namespace
    for (const auto& host : {client_, server_}) {
        if (::access(("/run/netns/" + host).c_str(), F_OK) != 0) continue;
        try {
            run({"ip", "netns", "delete", host});
        } catch (const std::exception&) {  // the next object removes it
        }
    }
}

std::vector<std::string> TwoHosts::on_server(std::vector<std::string> command) const {
    command.insert(command.begin(), {"ip", "netns", "exec", server_});
    return command;
}

void TwoHosts::add_link_local() {
    // Without duplicate address detection the addresses are usable at once.
    run({"ip", "-n", client_, "address", "add", "fe80::76/64", "dev", "cable", "nodad"});
    run({"ip", "-n", server_, "address", "add", std::string(kServerLinkLocal) + "/64", "dev", "cable",
         "nodad"});
}

void TwoHosts::pull_cable() {
    run({"ip", "-n", server_, "link", "set", "cable", "down"});
}

void TwoHosts::plug_in() {
    run({"ip", "-n", server_, "link", "set", "cable", "up"});
}

void TwoHosts::drop_packets() {
    run(on_server({"nft",
                   "add table inet fault; add chain inet fault in "
                   "{ type filter hook input priority 0; policy drop; }"}));
}

void TwoHosts::cut_off(const std::string& address) {
    run(on_server({"nft",
                   "add table inet fault; add chain inet fault in "
                   "{ type filter hook input priority 0; policy accept; }; add rule inet fault in ip daddr " +
                       address + " drop"}));
}

void TwoHosts::let_packets_through() {
    run(on_server({"nft", "delete table inet fault"}));
}

void TwoHosts::add_route(const std::string& kind) {
    for (const char* server : {kServer, kSecondServer})
        run({"ip", "-n", client_, "route", "add", kind, server});
}

void TwoHosts::remove_route(const std::string& kind) {
    for (const char* server : {kServer, kSecondServer})
        run({"ip", "-n", client_, "route", "delete", kind, server});
}

void TwoHosts::add_firewall(const std::string& verdict) {
    run({"nft",
         "add table inet own; add chain inet own out { type filter hook output priority 0; policy accept; }; "
         "add rule inet own out ip daddr { " +
             std::string(kServer) + ", " + kSecondServer + " } " + verdict});
}

void TwoHosts::remove_firewall() {
    run({"nft", "delete table inet own"});
}

void TwoHosts::remove_server() {
    run({"ip", "-n", server_, "link", "delete", "cable"});
    run({"ip", "netns", "delete", server_});
}

long TwoHosts::retransmission_timeouts() {
    // Two lines: the names of the counters, then their values.
    std::ifstream counters("/proc/thread-self/net/netstat");
    std::string names;
    for (std::string line; std::getline(counters, line);) {
        if (line.rfind("TcpExt:", 0) != 0) continue;
        if (names.empty()) {
            names = line;
            continue;
        }
        std::istringstream all_names(names);
        std::istringstream all_values(line);
        for (std::string name, value; all_names >> name && all_values >> value;)
            if (name == "TCPTimeouts") return std::stol(value);
    }
    throw std::runtime_error("the kernel does not count timeouts");
}

}  // namespace pinwheel::test
