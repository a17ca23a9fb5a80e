#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "../../net/endpoint.h"
#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// A TCP server on 127.0.0.1 without a protocol: it reads the head of a request and sends a given answer. It
/// runs on its own thread and serves one connection at a time.
class RawServer {
  public:
    using Answer = std::function<std::string(const std::string& request)>;
    enum class Then { close, hold, close_after_text };

    /// `hold` keeps the connection until the client ends it, `close_after_text` until it sends a text
    /// message. An empty answer sends nothing.
    explicit RawServer(Answer answer, Then then = Then::close) : answer_(std::move(answer)), then_(then) {
        const Endpoint any = *Endpoint::parse("127.0.0.1", 0);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        if (::bind(listening_.get(), any.data(), any.size()) != 0 || ::listen(listening_.get(), 16) != 0 ||
            ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
            throw std::runtime_error("a raw server cannot listen");
        port_ = Endpoint::from(reinterpret_cast<const sockaddr*>(&bound))->port();
        thread_ = std::thread([this] { serve(); });
    }
    ~RawServer() {
        ::eventfd_write(stop_.get(), 1);
        thread_.join();
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    /// False: the server stops.
    [[nodiscard]] bool wait_for(const UniqueFd& fd) const {
        std::array<pollfd, 2> ready{{{fd.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        ::poll(ready.data(), ready.size(), -1);
        return ready[1].revents == 0;
    }
    void serve() {
        while (wait_for(listening_)) {
            const UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            std::string request;
            bool answered = false;
            while (client && wait_for(client)) {
                std::array<char, 4096> buffer{};
                const ssize_t size = ::recv(client.get(), buffer.data(), buffer.size(), 0);
                if (size <= 0) break;
                request.append(buffer.data(), static_cast<std::size_t>(size));
                const bool is_text = buffer[0] == '\x81';  // FIN and opcode 1
                if (answered && is_text && then_ == Then::close_after_text) break;
                if (answered || request.find("\r\n\r\n") == std::string::npos) continue;
                const std::string answer = answer_(request);
                answered = ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) >= 0;
                if (then_ == Then::close) break;
            }
        }
    }

    const Answer answer_;
    const Then then_;
    const UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
    const UniqueFd listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace pinwheel::test
