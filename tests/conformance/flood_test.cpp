#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "../../net/reactor.h"
#include "../../net/resolver.h"
#include "../../net/socket_dialer.h"
#include "../../net/unique_fd.h"
#include "../../proto/delivery/queue_sink.h"
#include "../../proto/websocket/connection.h"
#include "../support/frames.h"
#include "../support/scripted_dialer.h"

namespace pinwheel {
namespace {

using namespace test;

/// A server on 127.0.0.1. After the upgrade it sends the same bytes as fast as the client takes them, and
/// reads nothing.
class Flood {
  public:
    /// `first` is sent once, before the rest.
    explicit Flood(std::string bytes, std::string first = {})
        : bytes_(std::move(bytes)), first_(std::move(first)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const int receive_buffer = 4096;  // it reads nothing
        ::setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 1) != 0 ||
            ::getsockname(listener_.get(), generic, &size) != 0)
            throw std::runtime_error("no port to listen on");
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Flood() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

    [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

  private:
    /// Until the client has disconnected.
    void serve() {
        const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
        std::string request;
        std::array<char, 4096> buffer{};
        while (!request.ends_with("\r\n\r\n")) {
            const ssize_t got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
            if (got <= 0) return;
            request.append(buffer.data(), static_cast<std::size_t>(got));
        }
        if (!send_all(client.get(), upgrade_answer(request) + first_)) return;
        while (send_all(client.get(), bytes_)) sent_ += bytes_.size();
    }
    static bool send_all(int fd, std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t took = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (took <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(took));
        }
        return true;
    }

    const std::string bytes_;
    const std::string first_;
    UniqueFd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port_ = 0;
    std::atomic<std::uint64_t> sent_{0};
    std::thread thread_;
};

/// The resident memory of this process, in bytes.
std::size_t resident() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0, pages = 0;
    statm >> all >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// The length of a flood: a few megabytes, or PINWHEEL_FLOOD_SECONDS seconds.
class Length {
  public:
    [[nodiscard]] bool over(std::uint64_t sent) const {
        return seconds_ > 0 ? std::chrono::steady_clock::now() - begin_ >= std::chrono::seconds{seconds_}
                            : sent >= (std::uint64_t{32} << 20);
    }

  private:
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    const int seconds_ = std::getenv("PINWHEEL_FLOOD_SECONDS") != nullptr
                             ? std::atoi(std::getenv("PINWHEEL_FLOOD_SECONDS"))
                             : 0;
};

class UnderFlood : public testing::Test, public ConnectionHandler {
  protected:
    static constexpr std::size_t kGrowth = std::size_t{4} << 20;  // the allowed growth of the process

    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& end) override { error = end.error; }

    /// Turns until the flood is over. Residency is measured after the first megabytes.
    template <typename EachTurn>
    void endure(const Flood& flood, EachTurn each_turn) {
        connection.start(*Url::parse(flood.url()));
        while (flood.sent() < (8U << 20) && !error.failed()) turn(each_turn);
        const std::size_t before = resident();
        for (const Length length; !length.over(flood.sent()) && !error.failed();) turn(each_turn);
        EXPECT_FALSE(error.failed()) << error.message();
        EXPECT_LE(resident(), before + kGrowth);
        connection.abort();
    }
    template <typename EachTurn>
    void turn(EachTurn each_turn) {
        reactor.poll_for(std::chrono::seconds{1});
        each_turn();
    }

    Reactor reactor;
    Resolver resolver{reactor};
    // A small buffer, so that unread answers soon wait.
    SocketDialer dialer{reactor, resolver, nullptr, {.socket = {.send_buffer = 4096}}};
    MessageQueue queue{1000};
    QueueSink sink{queue, OverflowPolicy::drop_newest};
    Connection connection{reactor, dialer, {}, *this, sink};
    Error error;
};

std::string many(const std::string& frame) {
    std::string frames;
    while (frames.size() < 64 * 1024) frames += frame;
    return frames;
}

TEST_F(UnderFlood, AConsumerThatKeepsUpCostsNoMemory) {
    const Flood flood(many(text_frame(std::string(200, 'x'))));
    std::uint64_t last = 0;
    std::uint64_t lost = 0;
    endure(flood, [&] {
        for (; queue.front() != nullptr; queue.pop()) {
            if (queue.front()->kind == RecordKind::dropped) {
                lost += queue.front()->count;
                last += queue.front()->count;
            } else {
                ASSERT_EQ(queue.front()->sequence, ++last);
            }
        }
    });
    EXPECT_GT(last, 0U);
    EXPECT_EQ(lost, sink.dropped());
}

TEST_F(UnderFlood, AStoppedConsumerCostsNoMemory) {
    const Flood flood(many(binary_frame(std::string(3000, 'x'))));
    endure(flood, [] {});
    EXPECT_EQ(queue.size(), 1000U);
    EXPECT_GT(sink.dropped(), 0U);
}

TEST_F(UnderFlood, PingsWhoseAnswersNobodyReadsCostNoMemory) {
    const Flood flood(many(ping_frame(std::string(125, 'p'))));
    std::size_t most = 0;
    endure(flood, [&] { most = std::max(most, connection.bytes_to_send()); });
    EXPECT_GT(most, 0U);
    EXPECT_LE(most, 17 * frame_size(kMaxControlPayload)) << "a batch of pongs";
}

TEST_F(UnderFlood, EmptyFragmentsWithoutEndCostNoMemory) {
    const Flood flood(many(continuation("", false)), text_frame("", false));
    endure(flood, [] {});
    EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace pinwheel
