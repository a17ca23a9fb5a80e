#include <fcntl.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "network_error_impl.h"
#include "resolver_channel_impl.h"
#include "unique_fd.h"

namespace pinwheel {
namespace {

/// The number of search domains used of those in /etc/resolv.conf. Each costs queries and a share of the
/// time.
constexpr std::size_t kMaxSearchDomains = 16;

/// The refusal of an earlier datagram (ICMP) is reported once, by the next call of any kind. If a send
/// consumed it, the query that it belongs to would wait for its timeout. It is left to a read: c-ares then
/// fails all queries of that server.
ssize_t send_parts(int fd, const iovec* parts, int count) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (sent >= 0 || errno != ECONNREFUSED) return sent;
    const ssize_t again = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (again < 0) errno = ECONNREFUSED;
    return again;
}

}  // namespace

Resolver::Channel::Channel(Reactor& reactor, const ResolverOptions& options)
    : reactor_(reactor), stamp_(options.resolv_conf) {  // taken before the file is read
    try {
        init(options);
        read_search_list();
    } catch (...) {
        ares_destroy(hosts_);
        ares_destroy(channel_);
        throw;
    }
}

void Resolver::Channel::init(const ResolverOptions& options) {
    static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
    std::string path = options.resolv_conf;
    // c-ares treats a file that cannot be opened like a missing one.
    if (!UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC))) {
        const Error refused = detail::network_error(errno);
        if (detail::is_exhausted(refused.code))
            throw std::system_error(make_error_code(refused.code),
                                    path + " cannot be read: " + refused.detail);
    }
    ares_options settings{};
    settings.sock_state_cb = &Channel::on_socket_state;
    settings.sock_state_cb_data = this;
    settings.timeout = 1000;
    settings.tries = 3;
    settings.resolvconf_path = path.data();
    constexpr int kBoth =
        ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF;
    std::string lookups = "b";
    settings.lookups = lookups.data();
    // c-ares ends its search at a domain whose server fails, so it is given complete names only.
    int status = initialised != ARES_SUCCESS
                     ? initialised
                     : ares_init_options(&channel_, &settings, kBoth | ARES_OPT_DOMAINS);
    lookups = "f";
    if (status == ARES_SUCCESS) status = ares_init_options(&hosts_, &settings, kBoth);
    if (status != ARES_SUCCESS) {
        const Errc code = status == ARES_ENOMEM ? Errc::out_of_memory : Errc::resolve_failed;
        throw std::system_error(make_error_code(code),
                                std::string("cannot set up name resolution: ") + ares_strerror(status));
    }
    ares_set_socket_functions(channel_, &socket_functions(), this);
    if (!options.servers.empty() &&
        ares_set_servers_ports_csv(channel_, options.servers.c_str()) != ARES_SUCCESS)
        throw std::system_error(
            make_error_code(Errc::invalid_argument),
            "name servers '" + options.servers + "' are not a list such as 127.0.0.1:53,[::1]:53");
}

void Resolver::Channel::read_search_list() {
    ares_options read{};
    int mask = 0;
    if (ares_save_options(hosts_, &read, &mask) != ARES_SUCCESS) throw std::bad_alloc();
    const std::unique_ptr<ares_options, decltype(&ares_destroy_options)> owned(&read, &ares_destroy_options);
    ndots_ = static_cast<std::size_t>(std::max(read.ndots, 0));
    const auto count = std::min(static_cast<std::size_t>(std::max(read.ndomains, 0)), kMaxSearchDomains);
    for (const char* const domain : std::span(read.domains, count)) search_.emplace_back(domain);
}

Resolver::Channel::~Channel() {
    ares_destroy(hosts_);
    ares_destroy(channel_);
}

std::vector<std::string> Resolver::Channel::names_for(const std::string& host) const {
    if (host.ends_with('.')) return {host};
    std::vector<std::string> names;
    for (const std::string& domain : search_)
        if (domain != ".") names.emplace_back(host).append(".").append(domain);
    const bool is_first = static_cast<std::size_t>(std::ranges::count(host, '.')) >= ndots_;
    names.insert(is_first ? names.begin() : names.end(), host);
    return names;
}

const ares_socket_functions& Resolver::Channel::socket_functions() noexcept {
    static const ares_socket_functions functions{
        .asocket = [](int family, int type, int protocol, void* self) -> ares_socket_t {
            return static_cast<int>(static_cast<Channel*>(self)->noting(
                ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)));
        },
        .aclose = [](ares_socket_t fd, void*) { return ::close(fd); },
        .aconnect =
            [](ares_socket_t fd, const sockaddr* address, ares_socklen_t size, void* self) {
                return static_cast<int>(static_cast<Channel*>(self)->noting(::connect(fd, address, size)));
            },
        .arecvfrom = [](ares_socket_t fd, void* to, std::size_t size, int flags, sockaddr* from,
                        ares_socklen_t* from_size, void* self) -> ares_ssize_t {
            auto& channel = *static_cast<Channel*>(self);
            const ssize_t result = ::recvfrom(fd, to, size, flags, from, from_size);
            if (result > 0) channel.forget_trouble();
            return channel.noting(result);
        },
        .asendv = [](ares_socket_t fd, const iovec* parts, int count, void* self) -> ares_ssize_t {
            return static_cast<Channel*>(self)->noting(send_parts(fd, parts, count));
        }};
    return functions;
}

ssize_t Resolver::Channel::noting(ssize_t result) noexcept {
    if (result >= 0) {
        // A socket could be opened. Only an answer shows that a server does not refuse.
        if (detail::is_exhausted(trouble_.code)) forget_trouble();
    } else if (const int error = errno; error != EINPROGRESS && error != EINTR && error != EAGAIN) {
        try {
            trouble_ = detail::network_error(error);
        } catch (const std::bad_alloc&) {
            trouble_.code = Errc::out_of_memory;
        }
        errno = error;
    }
    return result;
}

void detail::append_endpoints(std::vector<Endpoint>& to, const ares_addrinfo* answer) {
    for (const auto* node = answer != nullptr ? answer->nodes : nullptr; node != nullptr;
         node = node->ai_next)
        if (const auto endpoint = Endpoint::from(node->ai_addr)) to.push_back(*endpoint);
}

namespace {

/// `localhost` and all names under it, whose addresses are known (RFC 6761 section 6.3).
bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view kName = "localhost";
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() < kName.size()) return false;
    const auto end = host.substr(host.size() - kName.size());
    const auto front = host.substr(0, host.size() - kName.size());
    return ::strncasecmp(end.data(), kName.data(), kName.size()) == 0 &&
           (front.empty() || front.ends_with('.'));
}

ares_addrinfo_hints hints_for(int family) noexcept {
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_NOSORT;
    return hints;
}

}  // namespace

std::vector<Endpoint> Resolver::Channel::look_up_here(const std::string& host, std::uint16_t port) {
    std::vector<Endpoint> found;
    const auto take = [](void* context, int, int, ares_addrinfo* answer) {
        try {  // c-ares is on the stack and does not allow exceptions
            detail::append_endpoints(*static_cast<std::vector<Endpoint>*>(context), answer);
        } catch (const std::bad_alloc&) {  // then the name servers are queried
        }
        ares_freeaddrinfo(answer);
    };
    const ares_addrinfo_hints hints = hints_for(AF_UNSPEC);
    // It queries no server, so it answers from inside.
    ares_getaddrinfo(hosts_, host.c_str(), std::to_string(port).c_str(), &hints, take, &found);
    if (found.empty() && is_localhost(host))
        found = {*Endpoint::parse("::1", port), *Endpoint::parse("127.0.0.1", port)};
    return found;
}

void Resolver::Channel::begin(const std::string& host, std::uint16_t port, int family,
                              ares_addrinfo_callback done, void* context) {
    const ares_addrinfo_hints hints = hints_for(family);
    ares_getaddrinfo(channel_, host.c_str(), std::to_string(port).c_str(), &hints, done, context);
    schedule_timeout();
}

void Resolver::Channel::on_socket_state(void* context, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<Channel*>(context);
    if (readable == 0 && writable == 0) {
        const auto at = self.sockets_.find(fd);
        if (at == self.sockets_.end()) return;
        at->second->watch.stop();
        self.reactor_.dispose(std::move(at->second));  // it may be the object that is making this call
        self.sockets_.erase(at);
        return;
    }
    const Interest interest{readable != 0, writable != 0};
    try {  // c-ares is on the stack and does not allow exceptions
        auto& socket = self.sockets_[fd];
        if (!socket) socket = std::make_unique<Socket>(self, fd);
        if (socket->watch.active())
            self.reactor_.change(socket->watch, interest);
        else if (const Errc refused = self.reactor_.watch(socket->watch, fd, interest); refused != Errc::ok)
            self.trouble_ = {refused, std::string(describe(refused))};  // the query times out
    } catch (const std::bad_alloc&) {
        if (const auto at = self.sockets_.find(fd); at != self.sockets_.end() && !at->second)
            self.sockets_.erase(at);
    }
}

void Resolver::Channel::process(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel_, readable, writable);
    schedule_timeout();
}

void Resolver::Channel::schedule_timeout() {
    timeval limit{};
    const timeval* const next = ares_timeout(channel_, nullptr, &limit);
    if (next == nullptr) return timer_.cancel();
    reactor_.schedule_after(timer_,
                            std::chrono::seconds{next->tv_sec} + std::chrono::microseconds{next->tv_usec});
}

}  // namespace pinwheel
