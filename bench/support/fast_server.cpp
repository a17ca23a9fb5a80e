#include "fast_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <new>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "../../core/clock.h"
#include "../../core/cpu.h"
#include "server_connection.h"

namespace pinwheel::bench {
namespace {

void require(bool done, const char* what) {
    if (!done) throw std::system_error(errno, std::system_category(), what);
}

UniqueFd listen_on_loopback(std::uint16_t& port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    require(static_cast<bool>(fd), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    require(::bind(fd.get(), any, size) == 0 && ::listen(fd.get(), 4096) == 0, "listen");
    require(::getsockname(fd.get(), any, &size) == 0, "getsockname");
    port = ntohs(address.sin_port);
    return fd;
}

using ContextPtr = detail::OpensslPtr<SSL_CTX, SSL_CTX_free>;

ContextPtr make_context(const TemporaryIdentity& identity) {
    ContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context ||
        SSL_CTX_use_certificate_chain_file(context.get(), identity.certificate_file().c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), identity.key_file().c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("the server's certificate cannot be used");
    return context;
}

/// The child's loop. It reads a few connections one by one, and many through epoll.
class Loop {
  public:
    Loop(UniqueFd plain, UniqueFd tls, ContextPtr context, std::atomic<std::uint64_t>& written)
        : plain_(std::move(plain)),
          tls_(std::move(tls)),
          context_(std::move(context)),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          written_(written) {
        watch(plain_.get());
        watch(tls_.get());
    }

    [[noreturn]] void run() {
        SteadyClock clock;
        for (unsigned turn = 0;; ++turn) {
            const bool few = connections_.size() <= kFew;
            if (!few || turn % kTurnsBetweenAccepts == 0 || connections_.empty()) look();
            const std::int64_t now = clock.now().time_since_epoch().count();
            for (auto at = connections_.begin(); at != connections_.end();) {
                Client& client = at->second;
                const bool readable = few || client.readable;
                client.readable = false;
                at = client.connection.turn(now, readable) ? std::next(at) : connections_.erase(at);
            }
        }
    }

  private:
    static constexpr std::size_t kFew = 4;
    static constexpr unsigned kTurnsBetweenAccepts = 64;
    struct Client {
        ServerConnection connection;
        bool readable = true;
    };

    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    }
    /// Sleeps only if it has no client.
    void look() {
        std::array<epoll_event, 64> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                       connections_.empty() ? -1 : 0);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == plain_.get() || fd == tls_.get())
                accept_from(fd);
            else if (const auto client = connections_.find(fd); client != connections_.end())
                client->second.readable = true;
        }
    }
    void accept_from(int listener) {
        UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) return;
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const int key = fd.get();
        watch(key);
        SSL_CTX* const context = listener == tls_.get() ? context_.get() : nullptr;
        connections_.emplace(key, Client{ServerConnection(std::move(fd), context, written_)});
    }

    UniqueFd plain_;
    UniqueFd tls_;
    ContextPtr context_;
    UniqueFd epoll_;
    std::atomic<std::uint64_t>& written_;
    std::map<int, Client> connections_;
};

}  // namespace

FastServer::FastServer(int cpu) {
    UniqueFd plain = listen_on_loopback(port_);
    UniqueFd tls = listen_on_loopback(tls_port_);
    ContextPtr context = make_context(identity_);
    void* const shared =
        ::mmap(nullptr, sizeof *written_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(shared != MAP_FAILED, "mmap");
    written_ = new (shared) std::atomic<std::uint64_t>(0);
    child_ = ::fork();
    require(child_ >= 0, "fork");
    if (child_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::ignore = pin_to_cpu(cpu);
    try {
        Loop(std::move(plain), std::move(tls), std::move(context), *written_).run();
    } catch (const std::exception&) {
        ::_exit(1);
    }
}

FastServer::~FastServer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::munmap(written_, sizeof *written_);
}

Target FastServer::target(bool tls, std::string path, std::size_t payload_size) const {
    return {tls, tls ? tls_port_ : port_, std::move(path), identity_.authority_file(), payload_size};
}

std::uint64_t FastServer::bytes_written() const noexcept {
    return written_->load(std::memory_order_acquire);
}

int client_cpu() noexcept {
    return cpu_count() - 1;
}

int server_cpu() noexcept {
    return cpu_count() < 2 ? 0 : cpu_count() - 2;
}

}  // namespace pinwheel::bench
