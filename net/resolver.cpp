#include "resolver.h"

#include <ares.h>
#include <strings.h>

#include <array>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pinwheel {

/// The c-ares channel: its sockets watched, its timeouts on the wheel.
class Resolver::Channel {
  public:
    Channel(Reactor& reactor, ResolverOptions options);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// What is known without asking: localhost, and what /etc/hosts says, of both families at once. Empty if
    /// it is not known.
    [[nodiscard]] std::vector<Endpoint> look_up_here(const std::string& host, std::uint16_t port);
    void begin(const std::string& host, std::uint16_t port, int family, ares_addrinfo_callback done,
               void* context);
    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    [[nodiscard]] Duration timeout() const noexcept { return options_.timeout; }

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

    static void on_socket_state(void* context, ares_socket_t fd, int readable, int writable);
    void process(ares_socket_t readable, ares_socket_t writable);
    void on_timer(TimePoint) { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }
    void schedule_timeout();

    Reactor& reactor_;
    const ResolverOptions options_;
    ares_channel channel_ = nullptr;  // asks name servers only
    ares_channel hosts_ = nullptr;    // reads /etc/hosts only
    std::map<ares_socket_t, std::unique_ptr<Socket>> sockets_;
    Timer timer_{Timer::Callback::member<&Channel::on_timer>(*this)};
};

Resolver::Channel::Channel(Reactor& reactor, ResolverOptions options)
    : reactor_(reactor), options_(std::move(options)) {
    static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
    ares_options settings{};
    settings.sock_state_cb = &Channel::on_socket_state;
    settings.sock_state_cb_data = this;
    settings.timeout = 1000;
    settings.tries = 3;
    constexpr int kAll = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
    std::string lookups = "b";
    settings.lookups = lookups.data();
    int status = initialised != ARES_SUCCESS ? initialised : ares_init_options(&channel_, &settings, kAll);
    if (status == ARES_SUCCESS) {
        lookups = "f";
        status = ares_init_options(&hosts_, &settings, kAll);
        if (status != ARES_SUCCESS) ares_destroy(channel_);
    }
    if (status != ARES_SUCCESS)
        throw std::system_error(make_error_code(Errc::resolve_failed),
                                std::string("cannot set up name resolution: ") + ares_strerror(status));
    if (!options_.servers.empty() &&
        ares_set_servers_ports_csv(channel_, options_.servers.c_str()) != ARES_SUCCESS) {
        ares_destroy(hosts_);
        ares_destroy(channel_);
        throw std::system_error(
            make_error_code(Errc::invalid_argument),
            "name servers '" + options_.servers + "' are not a list such as 127.0.0.1:53,[::1]:53");
    }
}

Resolver::Channel::~Channel() {
    ares_destroy(hosts_);
    ares_destroy(channel_);
}

namespace {

void append_endpoints(std::vector<Endpoint>& to, const ares_addrinfo* answer) {
    for (const auto* node = answer != nullptr ? answer->nodes : nullptr; node != nullptr;
         node = node->ai_next)
        if (const auto endpoint = Endpoint::from(node->ai_addr)) to.push_back(*endpoint);
}

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
        try {  // c-ares is on the stack, and bears no exceptions
            append_endpoints(*static_cast<std::vector<Endpoint>*>(context), answer);
        } catch (const std::bad_alloc&) {  // then the name servers are asked
        }
        ares_freeaddrinfo(answer);
    };
    const ares_addrinfo_hints hints = hints_for(AF_UNSPEC);
    // It asks nobody, so that it answers from inside.
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
        self.reactor_.dispose(std::move(at->second));  // it may be the one whose call this is
        self.sockets_.erase(at);
        return;
    }
    const Interest interest{readable != 0, writable != 0};
    try {  // c-ares is on the stack, and bears no exceptions
        auto& socket = self.sockets_[fd];
        if (!socket) socket = std::make_unique<Socket>(self, fd);
        if (socket->watch.active())
            self.reactor_.change(socket->watch, interest);
        else  // refused: the query times out
            std::ignore = self.reactor_.watch(socket->watch, fd, interest);
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

namespace {

/// How long the addresses of one family wait for those of the other (RFC 8305 section 3).
constexpr Duration kResolutionDelay = std::chrono::milliseconds{50};

/// What c-ares holds on to, one for each family: it may answer after the query was dropped.
struct Ticket {
    class HostQuery* query;
    std::size_t place;
};

class HostQuery final : public Resolver::Query {
  public:
    HostQuery(Reactor& reactor, std::string host, Resolver::Callback callback)
        : reactor_(reactor), host_(std::move(host)), callback_(callback) {}
    ~HostQuery() override { drop_tickets(); }

    void answer_with(std::vector<Endpoint> addresses) {
        addresses_ = std::move(addresses);
        settle();
    }

    /// What to give to c-ares together with on_answer(), for one family each.
    [[nodiscard]] std::array<Ticket*, 2> begin(Duration timeout) {
        for (std::size_t i = 0; i < tickets_.size(); ++i) tickets_.at(i) = new Ticket{this, i};
        reactor_.schedule_after(timer_, timeout);
        return tickets_;
    }

    static void on_answer(void* context, int status, int, ares_addrinfo* answer) {
        const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(context));
        if (HostQuery* const query = ticket->query; query != nullptr) {
            try {  // c-ares is on the stack, and bears no exceptions
                query->take(*ticket, status, answer);
            } catch (const std::bad_alloc&) {
                query->error_ = {Errc::out_of_memory, {}};
                query->settle();
            }
        }
        ares_freeaddrinfo(answer);
    }

  private:
    void take(const Ticket& ticket, int status, const ares_addrinfo* answer) {
        tickets_.at(ticket.place) = nullptr;
        append_endpoints(addresses_, answer);
        // That a name is not there weighs less than that one server could not say.
        if (!error_ || error_.code == Errc::host_not_found) error_ = error_for(status);
        if (!is_pending()) return settle();
        if (addresses_.empty()) return;
        const TimePoint other_family = time_after(reactor_.now(), kResolutionDelay);
        if (other_family < timer_.deadline()) reactor_.schedule(timer_, other_family);
    }

    [[nodiscard]] Error error_for(int status) const {
        const std::string what = "cannot resolve '" + host_ + "': ";
        switch (status) {
            case ARES_SUCCESS:
            case ARES_ENODATA:
            case ARES_ENOTFOUND:
            case ARES_EBADNAME:
                return {Errc::host_not_found, what + "no such name; check the host in the URL"};
            case ARES_ETIMEOUT:
                return timed_out();
            default:
                return {Errc::resolve_failed,
                        what + ares_strerror(status) + "; check the name servers in /etc/resolv.conf"};
        }
    }
    [[nodiscard]] Error timed_out() const {
        return {Errc::resolve_timeout,
                "cannot resolve '" + host_ + "': no name server answered in time; check /etc/resolv.conf"};
    }

    /// The answer goes out in a turn of its own.
    void settle() { reactor_.schedule(timer_, reactor_.now()); }

    void on_timer(TimePoint) {
        if (is_pending()) error_ = timed_out();
        drop_tickets();
        callback_(addresses_.empty() ? error_ : Error{}, addresses_);
    }

    [[nodiscard]] bool is_pending() const noexcept {
        return tickets_[0] != nullptr || tickets_[1] != nullptr;
    }

    void drop_tickets() noexcept {
        for (Ticket*& ticket : tickets_)
            if (ticket != nullptr) std::exchange(ticket, nullptr)->query = nullptr;
    }

    Reactor& reactor_;
    const std::string host_;
    const Resolver::Callback callback_;
    std::array<Ticket*, 2> tickets_{};  // while c-ares works
    Error error_;                       // of no account if there are addresses
    std::vector<Endpoint> addresses_;
    Timer timer_{Timer::Callback::member<&HostQuery::on_timer>(*this)};
};

}  // namespace

Resolver::Resolver(Reactor& reactor, ResolverOptions options)
    : channel_(std::make_unique<Channel>(reactor, std::move(options))) {}

Resolver::~Resolver() = default;

std::unique_ptr<Resolver::Query> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                   Callback callback) {
    auto query = std::make_unique<HostQuery>(channel_->reactor(), host, callback);
    if (const auto literal = Endpoint::parse(host, port)) {
        query->answer_with({*literal});
        return query;
    }
    if (auto known = channel_->look_up_here(host, port); !known.empty()) {
        query->answer_with(std::move(known));
        return query;
    }
    const auto tickets = query->begin(channel_->timeout());
    channel_->begin(host, port, AF_INET6, &HostQuery::on_answer, tickets[0]);
    channel_->begin(host, port, AF_INET, &HostQuery::on_answer, tickets[1]);
    return query;
}

}  // namespace pinwheel
