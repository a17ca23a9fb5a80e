#pragma once

// The c-ares side of name resolution. Not installed.

#include <ares.h>
#include <sys/stat.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "resolver.h"

namespace pinwheel {
namespace detail {

/// Detects a changed file: a rewritten one has another time or size, a renamed one another inode.
struct FileStamp {
    explicit FileStamp(const std::string& path) noexcept {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0) return;
        device = found.st_dev;
        inode = found.st_ino;
        size = found.st_size;
        modified = found.st_mtim;
        changed = found.st_ctim;
    }
    friend bool operator==(const FileStamp& a, const FileStamp& b) noexcept {
        const auto same = [](const timespec& x, const timespec& y) {
            return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
        };
        return a.device == b.device && a.inode == b.inode && a.size == b.size &&
               same(a.modified, b.modified) && same(a.changed, b.changed);
    }

    dev_t device = 0;
    ino_t inode = 0;  // 0: no file
    off_t size = 0;
    timespec modified{};
    timespec changed{};
};

[[gnu::visibility("hidden")]] void append_endpoints(std::vector<Endpoint>& to, const ares_addrinfo* answer);

}  // namespace detail

/// A c-ares channel with the configuration at its creation. Its sockets are watched and its timeouts are on
/// the wheel. Its queries keep it alive.
class Resolver::Channel {
  public:
    Channel(Reactor& reactor, const ResolverOptions& options);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// The addresses of both families that are known without a query: of localhost, and from /etc/hosts.
    /// Empty if there are none.
    [[nodiscard]] std::vector<Endpoint> look_up_here(const std::string& host, std::uint16_t port);
    void begin(const std::string& host, std::uint16_t port, int family, ares_addrinfo_callback done,
               void* context);
    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    /// True if the configuration matches the file as it is now.
    [[nodiscard]] bool is_current(const std::string& path) const noexcept {
        return stamp_ == detail::FileStamp(path);
    }
    /// The names to query, in order. A name with `ndots` dots comes before its forms with search domains,
    /// else behind them (resolv.conf(5)). A name that ends with a dot is complete.
    [[nodiscard]] std::vector<std::string> names_for(const std::string& host) const;
    /// The reason why the last socket to a name server was not opened or did not reach it; ok since an
    /// answer.
    [[nodiscard]] const Error& trouble() const noexcept { return trouble_; }
    void forget_trouble() noexcept { trouble_.code = Errc::ok; }

  private:
    struct Socket final : Disposable {
        Socket(Channel& its_channel, ares_socket_t its_fd) : channel(its_channel), fd(its_fd) {}
        int on_ready(Interest ready, TimePoint) {
            channel.process(ready.read ? fd : ARES_SOCKET_BAD, ready.write ? fd : ARES_SOCKET_BAD);
            return 1;
        }
        Channel& channel;
        ares_socket_t fd;
        IoWatch watch{IoWatch::Callback::member<&Socket::on_ready>(*this)};
    };

    void init(const ResolverOptions& options);
    void read_search_list();
    static const ares_socket_functions& socket_functions() noexcept;
    /// The result of a socket call. Records the reason of a failure.
    [[nodiscard]] ssize_t noting(ssize_t result) noexcept;
    static void on_socket_state(void* context, ares_socket_t fd, int readable, int writable);
    void process(ares_socket_t readable, ares_socket_t writable);
    void on_timer(TimePoint) { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }
    void schedule_timeout();

    Reactor& reactor_;
    const detail::FileStamp stamp_;
    ares_channel channel_ = nullptr;  // asks name servers only
    ares_channel hosts_ = nullptr;    // reads /etc/hosts only
    std::vector<std::string> search_;
    std::size_t ndots_ = 1;
    Error trouble_;
    std::map<ares_socket_t, std::unique_ptr<Socket>> sockets_;
    Timer timer_{Timer::Callback::member<&Channel::on_timer>(*this)};
};

}  // namespace pinwheel
