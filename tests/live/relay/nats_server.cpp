#include "nats_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "../../../net/unique_fd.h"

namespace pinwheel::test {
namespace {

/// A free port.
std::uint16_t free_port() {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port");
    return ::ntohs(address.sin_port);
}

}  // namespace

NatsServer::NatsServer(const std::string& more, std::string host, std::vector<std::string> before)
    : host_(std::move(host)), before_(std::move(before)), port_(free_port()) {
    std::ignore = folder_.write(
        "server.conf", "listen: \"" + host_ + ":" + std::to_string(port_) + "\"\njetstream { store_dir: \"" +
                           store() + "\", max_memory_store: 64MB, max_file_store: 4GB }\nlog_file: \"" +
                           folder_.path("server.log") + "\"\n" + more);
    start();
}

void NatsServer::start() {
    static constexpr int kPatience = 2000;  // of 10 ms
    const std::string log = folder_.path("server.log");
    std::ofstream(log, std::ios::trunc).close();
    std::vector<std::string> command = before_;
    for (const auto& word : {std::string("nats-server"), std::string("-c"), folder_.path("server.conf")})
        command.push_back(word);
    process_.emplace(command);
    for (int tries = 0; tries < kPatience; ++tries) {
        std::ifstream lines(log);
        const std::string all(std::istreambuf_iterator<char>(lines), {});
        if (all.find("Server is ready") != std::string::npos) return;
        if (all.find("[FTL]") != std::string::npos) throw std::runtime_error("nats-server: " + all);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // no event reports that it listens
    }
    throw std::runtime_error("nats-server does not start; run tools/setup");
}

void NatsServer::stop(int signal) {
    process_->signal(signal);
    process_->wait();
    process_.reset();
}

}  // namespace pinwheel::test
