#include "resolver.h"

#include <ares.h>

#include <map>
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

    void begin(const std::string& host, std::uint16_t port, ares_addrinfo_callback done, void* context);
    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    [[nodiscard]] Duration timeout() const noexcept { return options_.timeout; }

  private:
    struct Socket {
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
    ares_channel channel_ = nullptr;
    std::map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
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
    const int status = initialised != ARES_SUCCESS
                           ? initialised
                           : ares_init_options(&channel_, &settings,
                                               ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS)
        throw std::system_error(make_error_code(Errc::resolve_failed),
                                std::string("cannot set up name resolution: ") + ares_strerror(status));
    if (!options_.servers.empty() &&
        ares_set_servers_ports_csv(channel_, options_.servers.c_str()) != ARES_SUCCESS) {
        ares_destroy(channel_);
        throw std::system_error(
            make_error_code(Errc::invalid_argument),
            "name servers '" + options_.servers + "' are not a list such as 127.0.0.1:53,[::1]:53");
    }
}

Resolver::Channel::~Channel() {
    ares_destroy(channel_);
}

void Resolver::Channel::begin(const std::string& host, std::uint16_t port, ares_addrinfo_callback done,
                              void* context) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_NOSORT;
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
    auto& socket = self.sockets_[fd];
    const Interest interest{readable != 0, writable != 0};
    if (!socket) {
        socket = std::make_shared<Socket>(self, fd);
        std::ignore = self.reactor_.watch(socket->watch, fd, interest);  // refused: the query times out
    } else {
        self.reactor_.change(socket->watch, interest);
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

/// What c-ares holds on to: it may answer after the query was dropped.
struct Ticket {
    class HostQuery* query;
};

class HostQuery final : public Resolver::Query {
  public:
    HostQuery(Reactor& reactor, std::string host, Resolver::Callback callback)
        : reactor_(reactor), host_(std::move(host)), callback_(callback) {}
    ~HostQuery() override { drop_ticket(); }

    void answer_with(const Endpoint& literal) {
        addresses_ = {literal};
        settle();
    }

    /// What to give to c-ares together with on_answer().
    [[nodiscard]] Ticket* begin(Duration timeout) {
        ticket_ = new Ticket{this};
        reactor_.schedule_after(timer_, timeout);
        return ticket_;
    }

    static void on_answer(void* context, int status, int, ares_addrinfo* answer) {
        auto* const ticket = static_cast<Ticket*>(context);
        HostQuery* const query = ticket->query;
        if (query != nullptr) {
            query->ticket_ = nullptr;
            query->take(status, answer);
        }
        delete ticket;
        ares_freeaddrinfo(answer);
    }

  private:
    void take(int status, const ares_addrinfo* answer) {
        for (const auto* node = answer != nullptr ? answer->nodes : nullptr; node != nullptr;
             node = node->ai_next)
            if (const auto endpoint = Endpoint::from(node->ai_addr)) addresses_.push_back(*endpoint);
        if (addresses_.empty()) error_ = error_for(status);
        settle();
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
        if (ticket_ != nullptr) {
            drop_ticket();
            error_ = timed_out();
        }
        callback_(error_, addresses_);
    }

    void drop_ticket() noexcept {
        if (ticket_ != nullptr) ticket_->query = nullptr;
        ticket_ = nullptr;
    }

    Reactor& reactor_;
    const std::string host_;
    const Resolver::Callback callback_;
    Ticket* ticket_ = nullptr;  // while c-ares works
    Error error_;
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
    if (const auto literal = Endpoint::parse(host, port))
        query->answer_with(*literal);
    else
        channel_->begin(host, port, &HostQuery::on_answer, query->begin(channel_->timeout()));
    return query;
}

}  // namespace pinwheel
