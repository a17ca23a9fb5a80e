#include "through_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

#include "../../core/cpu.h"
#include "../../core/histogram.h"
#include "../../net/unique_fd.h"
#include "../../proto/record/recorder.h"
#include "../../proto/session/manager.h"
#include "../../proto/websocket/accept_key.h"
#include "../../proto/websocket/frame_codec.h"
#include "bare_consumer.h"
#include "trades.h"

namespace pinwheel::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kRate = 200'000;
/// Two seconds of messages.
constexpr std::uint32_t kQueueSize = 400'000;

void require(bool done, const char* what) {
    if (!done) throw std::system_error(errno, std::system_category(), what);
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) ::_exit(1);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// Accepts one client. Sends the due messages each millisecond, and a close frame at the end.
[[noreturn]] void serve(int listener, int cpu, double seconds) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::ignore = pin_to_cpu(cpu);
    const UniqueFd fd(::accept(listener, nullptr, nullptr));
    std::string request;
    std::array<char, 4096> room{};
    while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(fd.get(), room.data(), room.size(), 0);
        if (got <= 0) ::_exit(1);
        request.append(room.data(), static_cast<std::size_t>(got));
    }
    static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const std::string key = request.substr(request.find(kKey) + kKey.size(), 24);
    send_all(fd.get(),
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: " +
                 accept_for_key(key) + "\r\n\r\n");
    Trades trades;
    SteadyClock clock;
    const TimePoint began = clock.now();
    const auto all = static_cast<std::uint64_t>(seconds * kRate);
    std::string frames;
    for (std::uint64_t made = 0; made < all;) {
        const double passed = std::chrono::duration<double>(clock.now() - began).count();
        const auto due = std::min(all, static_cast<std::uint64_t>(passed * kRate));
        frames.clear();
        for (; made < due; ++made) {
            static constexpr std::string_view kHead("\x81\x7e\x00\xc8", 4);  // text of 200 bytes
            frames += kHead;
            frames += trades.next();
        }
        send_all(fd.get(), frames);
        std::this_thread::sleep_for(1ms);
    }
    send_all(fd.get(), std::string_view("\x88\x02\x03\xe8", 4));
    while (::recv(fd.get(), room.data(), room.size(), 0) > 0) {
    }
    ::_exit(0);
}

/// The child process with the server.
class Server {
  public:
    Server(int cpu, double seconds) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        require(listener_ && ::bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 1) == 0 &&
                    ::getsockname(listener_.get(), any, &size) == 0,
                "listen");
        port_ = ntohs(address.sin_port);
        child_ = ::fork();
        require(child_ >= 0, "fork");
        if (child_ == 0) serve(listener_.get(), cpu, seconds);
    }
    ~Server() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }

  private:
    UniqueFd listener_;
    std::uint16_t port_ = 0;
    pid_t child_ = -1;
};

double cpu_seconds_of_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Taken {
    std::uint64_t messages = 0;
    std::uint64_t dropped = 0;
    double seconds = 0;
    double cpu_seconds = 0;
    Duration most_lag{};
    Histogram turns;  // ns a message, of turns that bring some
};

/// Turns until the server closes. `recorder` is null for a bare consumer.
void take(Reactor& reactor, WebSocketManager& ws, const Recorder* recorder, Taken& taken) {
    SteadyClock clock;
    while (!ws.is_connected()) reactor.poll();
    const TimePoint began = clock.now();
    const double cpu = cpu_seconds_of_thread();
    TimePoint look{};
    while (ws.stats().disconnects == 0) {
        const std::uint64_t before = ws.stats().messages_received;
        const TimePoint start = clock.now();
        reactor.poll();
        const TimePoint end = clock.now();
        const std::uint64_t came = ws.stats().messages_received - before;
        if (came > 0)
            taken.turns.record((end - start).count() / static_cast<std::int64_t>(came));
        else
            std::this_thread::sleep_for(100us);
        if (recorder == nullptr || end < look) continue;
        look = end + 50ms;
        taken.most_lag = std::max(taken.most_lag, recorder->stats().lag);
    }
    taken.seconds = std::chrono::duration<double>(clock.now() - began).count();
    taken.cpu_seconds = cpu_seconds_of_thread() - cpu;
    taken.messages = ws.stats().messages_received;
    taken.dropped = ws.stats().messages_dropped;
}

void report(const char* name, const Taken& taken) {
    std::printf(
        "  %-20s %8.0f messages/s, CPU of the reactor's thread %4.0f ns a message, turn p50 %4llu p99 %5llu "
        "ns a message\n",
        name, static_cast<double>(taken.messages) / taken.seconds,
        taken.cpu_seconds * 1e9 / static_cast<double>(taken.messages),
        static_cast<unsigned long long>(taken.turns.value_at(50)),
        static_cast<unsigned long long>(taken.turns.value_at(99)));
}

bool keeps_rate(const Taken& taken, double seconds) {
    const auto all = static_cast<std::uint64_t>(seconds * kRate);
    return taken.messages == all && taken.dropped == 0 && taken.seconds < seconds * 1.02 + 0.1;
}

}  // namespace

bool record_through_socket(const std::string& folder, double seconds) {
    const int server_cpu = cpu_count() - 1;
    const int client_cpu = std::max(server_cpu - 1, 0);
    bool is_kept = true;
    std::printf("through a socket, server on core %d, reactor and recorder on core %d, %.0f s:\n", server_cpu,
                client_cpu, seconds);
    for (const bool records : {false, true}) {
        const double time = records ? seconds : std::min(seconds, 5.0);
        const Server server(server_cpu, time);
        if (pin_to_cpu(client_cpu).failed()) std::puts("  the core cannot be chosen");
        Reactor reactor;
        WebSocketOptions options;
        options.auto_reconnect = false;
        options.ping_interval = WebSocketOptions::Seconds{0};  // the server answers none
        options.queue_size = kQueueSize;
        options.queue_bytes = std::size_t{512} << 20;
        WebSocketManager ws(reactor, server.url(), options);
        Taken taken;
        ws.connect();
        if (!records) {
            const BareConsumer consumer(ws.queue());
            take(reactor, ws, nullptr, taken);
            report("bare consumer", taken);
            is_kept = is_kept && keeps_rate(taken, time);
            continue;
        }
        Recorder recorder(ws.queue(), {.folder = folder,
                                       .name = "socket",
                                       .url = server.url(),
                                       .max_file_size = 0,
                                       .rotation = Duration::zero()});
        take(reactor, ws, &recorder, taken);
        const Error lost = recorder.stop();
        report("recorder", taken);
        const RecordStats stats = recorder.stats();
        std::printf(
            "  %llu messages came, %llu written, %llu dropped; lag at most %.2f s; %.1f MB of lines in %.1f "
            "MB\n",
            static_cast<unsigned long long>(taken.messages), static_cast<unsigned long long>(stats.messages),
            static_cast<unsigned long long>(taken.dropped + stats.dropped),
            std::chrono::duration<double>(taken.most_lag).count(), static_cast<double>(stats.raw_bytes) / 1e6,
            static_cast<double>(stats.written_bytes) / 1e6);
        is_kept = is_kept && !lost.failed() && stats.dropped == 0 && stats.messages == taken.messages &&
                  keeps_rate(taken, time);
    }
    if (!is_kept) std::puts("  NOT KEPT: a message is missing, or the rate was not reached");
    return is_kept;
}

}  // namespace pinwheel::bench
