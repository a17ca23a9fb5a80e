#include "resolver.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "happy_eyeballs.h"
#include "network_error_impl.h"
#include "resolver_channel_impl.h"

namespace pinwheel {
namespace {

/// The time that the addresses of one family wait for those of the second family (RFC 8305 section 3).
constexpr Duration kResolutionDelay = std::chrono::milliseconds{50};

/// The argument of a c-ares query, one for each family of a name. c-ares may answer after the query was
/// dropped.
struct Ticket {
    class HostQuery* query;
    std::size_t name;
};

/// The outcome of a query for one name.
struct Outcome {
    Errc code;
    std::string text;
};

/// A shortage of this machine has the highest rank, and a missing name the lowest: a server may not have
/// known it.
int weight(Errc code) noexcept {
    if (detail::is_exhausted(code)) return 3;
    return code == Errc::ok ? 0 : code == Errc::host_not_found ? 1 : 2;
}

std::string_view resolving_advice(Errc code) noexcept {
    if (detail::is_exhausted(code)) return detail::connection_advice(code);
    return code == Errc::host_not_found ? "check the host in the URL"
                                        : "check the name servers in /etc/resolv.conf";
}

/// For a host with a colon, which is not a name. An interface may come up later.
Error error_of_literal(const std::string& host) {
    const auto mark = host.find('%');
    if (mark == std::string::npos || !Endpoint::parse(host.substr(0, mark), 0))
        return {
            Errc::host_not_found,
            "cannot resolve '" + host + "': it is neither a name nor an address; check the host in the URL"};
    return {Errc::network_unreachable, "cannot connect to '" + host + "': this machine has no interface '" +
                                           host.substr(mark + 1) + "'; check the zone in the URL (ip link)"};
}

/// Queries one name after the other until one has addresses. The next name follows when a name fails or its
/// share of the time is over. A late answer still counts.
class HostQuery final : public Resolver::Query {
  public:
    HostQuery(std::shared_ptr<Resolver::Channel> channel, std::string host, std::uint16_t port,
              Resolver::Callback callback)
        : channel_(std::move(channel)),
          reactor_(channel_->reactor()),
          host_(std::move(host)),
          port_(port),
          callback_(callback) {}
    ~HostQuery() override { drop_tickets(); }

    void answer_with(std::vector<Endpoint> addresses) {
        addresses_ = std::move(addresses);
        proceed();
    }

    /// True if the answer needs no query.
    void refuse(Error error) {
        refusal_ = std::move(error);
        proceed();
    }

    void begin(Duration timeout) {
        channel_->forget_trouble();  // of earlier queries
        names_ = channel_->names_for(host_);
        outcomes_.resize(names_.size());
        end_ = time_after(reactor_.now(), timeout);
        ask_next();
    }

    [[nodiscard]] std::string asked() const override {
        if (names_.size() < 2) return {};
        std::string text = "asked for ";
        for (std::size_t i = 0; i < std::min(asked_, kMaxAddressesNamed); ++i) {
            const auto& outcome = outcomes_[i];
            text += (i == 0 ? "" : ", ") + names_[i] + ": " +
                    (outcome.code == Errc::ok ? "no answer" : outcome.text);
        }
        if (asked_ > kMaxAddressesNamed)
            text += ", and " + std::to_string(asked_ - kMaxAddressesNamed) + " more";
        return text;
    }

    static void on_answer(void* context, int status, int, ares_addrinfo* answer) {
        const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(context));
        if (HostQuery* const query = ticket->query; query != nullptr) {
            try {  // c-ares is on the stack and does not allow exceptions
                query->take(*ticket, status, answer);
            } catch (const std::bad_alloc&) {
                query->fail_for_memory();
            }
        }
        ares_freeaddrinfo(answer);
    }

  private:
    void ask_next() {
        const std::size_t name = asked_;
        std::array<std::unique_ptr<Ticket>, 2> made{std::make_unique<Ticket>(Ticket{this, name}),
                                                    std::make_unique<Ticket>(Ticket{this, name})};
        tickets_.reserve(tickets_.size() + made.size());
        for (const auto& ticket : made) tickets_.push_back(ticket.get());
        ++asked_;
        const auto names_left = static_cast<std::int64_t>(names_.size() - name);
        const TimePoint now = reactor_.now();
        reactor_.schedule(timer_, time_after(now, (end_ - now) / names_left));
        // It may answer from inside this call if no name server can be asked.
        channel_->begin(names_[name], port_, AF_INET6, &HostQuery::on_answer, made[0].release());
        channel_->begin(names_[name], port_, AF_INET, &HostQuery::on_answer, made[1].release());
        // on_answer() owns the released object.
    }  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)

    void take(const Ticket& ticket, int status, const ares_addrinfo* answer) {
        std::erase(tickets_, &ticket);
        detail::append_endpoints(addresses_, answer);
        if (addresses_.empty()) {
            Outcome outcome = outcome_of(status);
            if (weight(outcome.code) > weight(outcomes_[ticket.name].code))
                outcomes_[ticket.name] = std::move(outcome);
            if (!is_pending(asked_ - 1)) proceed();
            return;
        }
        drop_tickets_but(ticket.name);  // the addresses of two names are not mixed
        if (tickets_.empty()) return proceed();
        const TimePoint other_family = time_after(reactor_.now(), kResolutionDelay);
        if (other_family < timer_.deadline()) reactor_.schedule(timer_, other_family);
    }

    [[nodiscard]] Outcome outcome_of(int status) const {
        const Error& trouble = channel_->trouble();
        switch (status) {
            case ARES_SUCCESS:
            case ARES_ENODATA:
            case ARES_ENOTFOUND:
            case ARES_EBADNAME:
                return {Errc::host_not_found, "no such name"};
            case ARES_ENOMEM:
                return {Errc::out_of_memory, std::string(describe(Errc::out_of_memory))};
            case ARES_ECONNREFUSED:
                // c-ares also reports this for servers that answer with a failure.
                if (!trouble.failed()) return {Errc::resolve_failed, "every name server failed or refused"};
                return {detail::is_exhausted(trouble.code) ? trouble.code : Errc::resolve_failed,
                        "no name server can be asked: " + trouble.message()};
            case ARES_ETIMEOUT:
                return silence();
            default:
                break;
        }
        return {Errc::resolve_failed, ares_strerror(status)};
    }

    /// No answer came. A socket call may have failed with the reason.
    [[nodiscard]] Outcome silence() const {
        const Error& trouble = channel_->trouble();
        if (!trouble.failed()) return {Errc::resolve_timeout, "no name server answered in time"};
        if (detail::is_exhausted(trouble.code)) return {trouble.code, trouble.message()};
        return {Errc::resolve_failed,
                "no name server answered, and one cannot be asked: " + trouble.message()};
    }

    /// The outcome of the highest rank.
    [[nodiscard]] Error failure() const {
        Outcome worst{Errc::ok, {}};
        for (const auto& outcome : outcomes_)
            if (weight(outcome.code) > weight(worst.code)) worst = outcome;
        if (!tickets_.empty() && !detail::is_exhausted(worst.code)) worst = silence();
        const std::string details = asked();
        return {worst.code, "cannot resolve '" + host_ + "': " + worst.text +
                                (details.empty() ? "" : " (" + details + ")") + "; " +
                                std::string(resolving_advice(worst.code))};
    }

    void fail_for_memory() noexcept {
        has_memory_ = false;
        proceed();
    }

    /// In the next turn: no callback runs inside of a call.
    void proceed() noexcept { reactor_.schedule(timer_, reactor_.now()); }

    void on_timer(TimePoint now) {
        Error error;
        try {
            if (refusal_.failed()) {
                error = std::move(refusal_);
            } else if (has_memory_ && addresses_.empty()) {
                if (now < end_ && asked_ < names_.size()) return ask_next();
                if (now < end_ && !tickets_.empty()) return reactor_.schedule(timer_, end_);
                error = failure();
            }
        } catch (const std::bad_alloc&) {
            has_memory_ = false;
        }
        if (!has_memory_ && addresses_.empty()) error = {Errc::out_of_memory, {}};
        drop_tickets();
        callback_(error, addresses_);
    }

    [[nodiscard]] bool is_pending(std::size_t name) const noexcept {
        return std::ranges::any_of(tickets_, [&](const Ticket* ticket) { return ticket->name == name; });
    }

    void drop_tickets_but(std::size_t name) noexcept {
        std::erase_if(tickets_, [&](Ticket* ticket) {
            if (ticket->name == name) return false;
            ticket->query = nullptr;
            return true;
        });
    }
    void drop_tickets() noexcept { drop_tickets_but(names_.size()); }

    const std::shared_ptr<Resolver::Channel> channel_;
    Reactor& reactor_;
    const std::string host_;
    const std::uint16_t port_;
    const Resolver::Callback callback_;
    std::vector<std::string> names_;  // in the order of the queries
    std::vector<Outcome> outcomes_;   // of each name; ok: not known
    std::size_t asked_ = 0;           // the number of names queried so far
    std::vector<Ticket*> tickets_;    // of the queries that c-ares holds
    TimePoint end_{};
    std::vector<Endpoint> addresses_;
    Error refusal_;
    bool has_memory_ = true;
    Timer timer_{Timer::Callback::member<&HostQuery::on_timer>(*this)};
};

}  // namespace

Resolver::Resolver(Reactor& reactor, ResolverOptions options)
    : options_(std::move(options)), channel_(std::make_shared<Channel>(reactor, options_)) {}

Resolver::~Resolver() = default;

/// Queries under way keep the configuration that they began with.
void Resolver::follow_configuration() {
    if (channel_->is_current(options_.resolv_conf)) return;
    try {
        channel_ = std::make_shared<Channel>(channel_->reactor(), options_);
    } catch (const std::system_error&) {  // the old configuration stays, and the next query tries again
    }
}

std::unique_ptr<Resolver::Query> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                   Callback callback) {
    follow_configuration();
    auto query = std::make_unique<HostQuery>(channel_, host, port, callback);
    if (const auto literal = Endpoint::parse(host, port)) {
        query->answer_with({*literal});
        return query;
    }
    if (host.find(':') != std::string::npos) {
        query->refuse(error_of_literal(host));
        return query;
    }
    if (auto known = channel_->look_up_here(host, port); !known.empty()) {
        query->answer_with(std::move(known));
        return query;
    }
    query->begin(options_.timeout);
    return query;
}

}  // namespace pinwheel
