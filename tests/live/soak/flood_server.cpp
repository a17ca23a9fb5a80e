#include "flood_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "../../net/tls/openssl_peer.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 2s;  // the time limit for a client without any progress
constexpr std::size_t kMostBytes = std::size_t{8} << 20;
constexpr int kKeyUpdatesAWrite = 500;

void make_patient(int fd) {
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t took = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (took <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(took));
    }
    return true;
}

/// Appends the received bytes; false at the end.
bool receive(int fd, std::string& bytes) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
}

/// Until the client ends the connection. Its bytes are not read.
void wait_for_end(int fd) {
    pollfd ended{.fd = fd, .events = POLLRDHUP, .revents = 0};
    std::ignore = ::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count()));
}

std::string many(std::string_view frames, std::size_t count) {
    std::string all;
    all.reserve(frames.size() * count);
    for (; count > 0; --count) all += frames;
    return all;
}

/// A part that is sent once, and a part that is repeated.
struct Script {
    std::string first;
    std::string again;
};

Script script_of(Flood kind) {
    switch (kind) {
        case Flood::pings:
            return {{}, many(ping_frame({}), 65'000)};
        case Flood::pings_and_fragments:
            return {text_frame("a", false), many(continuation("b", false) + ping_frame({}), 20'000)};
        default:
            return {text_frame({}, false), many(continuation({}, false), 30'000)};
    }
}

/// A TLS server over a blocking socket.
class SecureServer {
  public:
    SecureServer(int fd, const Identity& identity)
        : fd_(fd), peer_({.identity = identity}, from_client_, to_client_) {}

    [[nodiscard]] bool shake_hands() {
        while (!peer_.shake())
            if (peer_.failed() || !send_out() || !receive(fd_, from_client_->bytes)) return false;
        return send_out();
    }
    /// Reads the upgrade request, and accepts it.
    [[nodiscard]] bool upgrade() {
        std::string request = peer_.read();
        while (!request.ends_with("\r\n\r\n")) {
            if (!receive(fd_, from_client_->bytes)) return false;
            request += peer_.read();
        }
        peer_.write(upgrade_answer(request));
        return send_out();
    }
    [[nodiscard]] bool send_out() {
        const std::string bytes = std::exchange(to_client_->bytes, {});
        return send_all(fd_, bytes);
    }
    [[nodiscard]] OpensslPeer& peer() noexcept { return peer_; }

  private:
    const int fd_;
    MemoryStream::Way from_client_ = std::make_shared<MemoryWay>();
    MemoryStream::Way to_client_ = std::make_shared<MemoryWay>();
    OpensslPeer peer_;
};

}  // namespace

FloodServer::Port::Port() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = *Endpoint::parse("127.0.0.1", 0);
    const int small = 16 * 1024;  // the client is soon stuck
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::bind(fd.get(), any.data(), any.size()) != 0 || ::listen(fd.get(), 16) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        throw std::runtime_error("a flood server cannot listen");
    port = Endpoint::from(reinterpret_cast<const sockaddr*>(&bound))->port();
}

FloodServer::FloodServer(std::uint64_t seed, Identity identity, std::uint16_t metrics_port)
    : identity_(std::move(identity)), metrics_(*Endpoint::parse("127.0.0.1", metrics_port)) {
    std::thread([this, seed] { serve_plain(seed); }).detach();
    std::thread([this, seed] { serve_secure(seed + 1); }).detach();
    std::thread([this, seed] { visit_metrics(seed + 2); }).detach();
}

std::string FloodServer::describe() const {
    std::string text = "floods:";
    for (std::size_t i = 0; i < kFloods; ++i)
        text += (i == 0 ? " " : ", ") + std::string(kFloodNames.at(i)) + " " + std::to_string(served_.at(i));
    return text + "; visits to the metrics " + std::to_string(visits_) + ", answered " +
           std::to_string(answered_);
}

std::string FloodServer::missing() const {
    std::string names;
    for (std::size_t i = 0; i < kFloods; ++i)
        if (served_.at(i) == 0) names += (names.empty() ? "" : ", ") + std::string(kFloodNames.at(i));
    if (answered_ == 0) names += (names.empty() ? "" : ", ") + std::string("an answer of the metrics");
    return names;
}

void FloodServer::serve_plain(std::uint64_t seed) {
    SeededRandom random(seed);
    for (auto kind = static_cast<std::size_t>(random.below(3));; kind = (kind + 1) % 3) {
        const UniqueFd client(::accept4(plain_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
        make_patient(client.get());
        std::string request;
        bool whole = true;
        while (whole && !request.ends_with("\r\n\r\n")) whole = receive(client.get(), request);
        if (whole && send_all(client.get(), upgrade_answer(request)))
            flood(client.get(), static_cast<Flood>(kind), random);
    }
}

/// The client has been upgraded.
void FloodServer::flood(int fd, Flood kind, SeededRandom& random) {
    ++served_.at(static_cast<std::size_t>(kind));
    const Script script = script_of(kind);
    bool goes_on = send_all(fd, script.first);
    for (std::size_t left = random.below(kMostBytes); goes_on && left > 0;
         left -= std::min(left, script.again.size()))
        goes_on = send_all(fd, script.again);
}

void FloodServer::serve_secure(std::uint64_t seed) {
    static constexpr std::array kKinds{Flood::hello_requests, Flood::key_updates, Flood::answered_key_updates,
                                       Flood::stuck_answers, Flood::pings};
    SeededRandom random(seed);
    for (auto next = static_cast<std::size_t>(random.below(kKinds.size()));; ++next) {
        const UniqueFd client(::accept4(secure_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
        make_patient(client.get());
        flood_secure(client.get(), kKinds.at(next % kKinds.size()), random);
    }
}

void FloodServer::flood_secure(int fd, Flood kind, SeededRandom& random) {
    auto& served = served_.at(static_cast<std::size_t>(kind));
    if (kind == Flood::hello_requests) {
        std::string hello;
        if (!receive(fd, hello)) return;
        ++served;
        const std::string requests = many(std::string_view("\x16\x03\x03\0\x04\0\0\0\0", 9), 10'000);
        while (send_all(fd, requests)) {
        }
        return;
    }
    SecureServer server(fd, identity_);
    if (!server.shake_hands() || !server.upgrade()) return;
    if (kind == Flood::pings) {
        ++served;
        const Script script = script_of(kind);
        bool goes_on = true;
        for (std::size_t left = random.below(kMostBytes); goes_on && left > 0;
             left -= std::min(left, script.again.size())) {
            server.peer().write(script.again);
            goes_on = server.send_out();
        }
        return;
    }
    ++served;
    const bool with_data = kind == Flood::stuck_answers;  // otherwise the client ends it after a few
    for (bool goes_on = true; goes_on;) {
        for (int i = 0; i < kKeyUpdatesAWrite; ++i) {
            server.peer().update_keys(kind != Flood::key_updates);
            if (with_data) server.peer().write(text_frame("x"));
        }
        goes_on = server.send_out() && !with_data;
    }
    wait_for_end(fd);
}

void FloodServer::visit_metrics(std::uint64_t seed) {
    enum Manner { kProper, kEndless, kHalf, kDeaf, kCrowd, kManners };
    SeededRandom random(seed);
    while (true) {
        const auto manner = static_cast<Manner>(random.below(kManners));
        ++visits_;
        std::vector<UniqueFd> sockets(manner == kCrowd ? 40 : 1);
        for (auto& socket : sockets) {
            socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            make_patient(socket.get());
            if (::connect(socket.get(), metrics_.data(), metrics_.size()) != 0) socket.reset();
        }
        const int fd = sockets.front().get();
        std::string answer;
        switch (manner) {
            case kProper:
                if (send_all(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
                    while (receive(fd, answer)) {
                    }
                if (answer.starts_with("HTTP/1.1 200 ")) ++answered_;
                break;
            case kEndless:
                std::ignore = send_all(fd, std::string(random.below(kMostBytes), 'x'));
                break;
            case kDeaf:
                std::ignore = send_all(fd, many("GET /metrics HTTP/1.1\r\n\r\n", 1000));
                break;
            default:
                std::ignore = send_all(fd, "GET /metr");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(random.below(20)));
    }
}

}  // namespace pinwheel::test
