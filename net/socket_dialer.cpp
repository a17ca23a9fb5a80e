#include "socket_dialer.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "network_error_impl.h"
#include "proxy_tunnel_impl.h"
#include "tcp_stream.h"
#include "tls_stream.h"

namespace pinwheel {

namespace {

/// Addresses with their outcomes. The first few are named, the rest counted.
class AddressList {
  public:
    void add(const Endpoint& address, std::string_view what) {
        if (++count_ > kMaxAddressesNamed) return;
        text_.append(text_.empty() ? "" : ", ").append(address.to_string()).append(": ").append(what);
    }
    [[nodiscard]] std::string text() const {
        if (count_ <= kMaxAddressesNamed) return text_;
        return text_ + ", and " + std::to_string(count_ - kMaxAddressesNamed) + " more";
    }

  private:
    std::size_t count_ = 0;
    std::string text_;
};

}  // namespace

/// One dial: resolves, then races connections, then (for TLS) makes the handshake.
class SocketDialer::SocketDial final : public Dial {
  public:
    SocketDial(SocketDialer& dialer, DialTarget target, DialHandler& handler)
        : dialer_(dialer),
          reactor_(dialer.reactor_),
          target_(std::move(target)),
          nearest_(target_),
          handler_(handler) {
        const auto& proxy = dialer_.options_.proxy;
        if (proxy && !proxy->bypasses(target_.host, target_.port)) {
            proxy_ = &*proxy;
            nearest_ = {.host = proxy->host(), .port = proxy->port()};
        }
        if (proxy_ == nullptr && !target_.addresses.empty()) {
            use_given_addresses();
            return;
        }
        query_ = dialer_.resolver_.resolve(nearest_.host, nearest_.port,
                                           Resolver::Callback::member<&SocketDial::on_resolved>(*this));
    }

    /// The remaining attempts were refused, or interrupted.
    ~SocketDial() override {
        if (tunnel_) tunnel_->stream().details().rate_peer(false);
        if (tls_) tls_->rate_peer(false);
    }

    [[nodiscard]] Error waiting_for() const override {
        if (tls_) return {Errc::connect_timeout, "the TLS handshake with " + winner_ + " is not done"};
        if (tunnel_)
            return {Errc::connect_timeout,
                    "the proxy " + proxy_->to_string() + " has not connected to " + target_.to_string()};
        if (!is_resolved_) return {Errc::resolve_timeout, query_->asked()};
        AddressList list = tried_;
        for (const auto& attempt : attempts_) list.add(attempt->address, "no answer");
        return {Errc::connect_timeout, list.text()};
    }

  private:
    /// One address under way.
    struct Attempt final : Disposable {
        Attempt(SocketDial& its_dial, const Endpoint& its_address) : dial(its_dial), address(its_address) {}
        int on_ready(Interest, TimePoint) {
            dial.on_attempt_ready(*this);
            return 1;
        }
        SocketDial& dial;
        Endpoint address;
        UniqueFd fd;
        TimePoint began{};
        IoWatch watch{IoWatch::Callback::member<&Attempt::on_ready>(*this)};
    };

    void on_resolved(const Error& error, std::span<const Endpoint> addresses) {
        if (error.failed()) return handler_.on_dial_failed(error);
        order(interleave_families(addresses, dialer_.options_.prefer_ipv4 ? AF_INET : AF_INET6));
        try_next();
    }

    void use_given_addresses() {
        std::vector<Endpoint> addresses = target_.addresses;
        for (auto& address : addresses)
            if (address.port() == 0) address.set_port(target_.port);
        order(std::move(addresses));
        reactor_.schedule(timer_, reactor_.now());
    }

    void order(std::vector<Endpoint> addresses) {
        is_resolved_ = true;
        untried_ = std::move(addresses);
        if (target_.rank == 0 && dialer_.options_.rank_by_connect_time)
            dialer_.times_.rank(nearest_.to_string(), untried_);
        dialer_.times_.put_first(nearest_.to_string(), target_.rank, untried_);
        dialer_.failed_->put_last(nearest_.to_string(), untried_);
        if (untried_.size() > kMaxAddressesTried) untried_.resize(kMaxAddressesTried);
    }

    /// The target as the proxy must reach it.
    [[nodiscard]] DialTarget beyond_proxy() const {
        if (target_.addresses.empty()) return target_;
        const Endpoint& address = target_.addresses.front();
        return {.host = address.address(), .port = address.port() != 0 ? address.port() : target_.port};
    }

    void try_next() {
        Error error;
        std::vector<Error> warnings;
        try {
            if (!begin_next(warnings) && attempts_.empty()) error = failure();
        } catch (const std::bad_alloc&) {
            untried_.clear();
            while (!attempts_.empty()) retire(*attempts_.front());
            error = {Errc::out_of_memory, {}};
        }
        if (!std::exchange(has_warned_, has_warned_ || !warnings.empty()))
            for (const auto& warning : warnings) handler_.on_dial_warning(warning);
        if (error.failed()) handler_.on_dial_failed(error);
    }

    /// Starts the next address. If it fails at once, its successor starts. False: no address is left.
    bool begin_next(std::vector<Error>& warnings) {
        while (!untried_.empty()) {
            if (attempts_.size() == kMaxAddressesInFlight) {
                note_failure(attempts_.front()->address, {Errc::connect_timeout, "no answer"});
                retire(*attempts_.front());
            }
            Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>(*this, untried_.front()));
            untried_.erase(untried_.begin());
            const Error refused = begin(attempt, warnings);
            if (!refused.failed()) {
                if (!untried_.empty()) reactor_.schedule_after(timer_, dialer_.options_.attempt_delay);
                return true;
            }
            note_failure(attempt.address, refused);
            attempts_.pop_back();
            if (detail::is_exhausted(refused.code)) untried_.clear();
        }
        return false;
    }

    [[nodiscard]] Error begin(Attempt& attempt, std::vector<Error>& warnings) {
        const auto& options = dialer_.options_.socket;
        const int family = attempt.address.family();
        attempt.began = reactor_.now();
        attempt.fd.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!attempt.fd) return detail::network_error(errno);
        for (auto& refused : apply(options, attempt.fd.get())) warnings.push_back(std::move(refused));
        if (Error refused = bind_source(options, attempt.fd.get(), family); refused.failed()) return refused;
        if (::connect(attempt.fd.get(), attempt.address.data(), attempt.address.size()) != 0 &&
            errno != EINPROGRESS && errno != EINTR)
            return detail::network_error(errno);
        const Errc refused = reactor_.watch(attempt.watch, attempt.fd.get(), {.write = true});
        if (refused == Errc::ok) return {};
        return {refused, "the socket cannot be watched: " + std::string(describe(refused))};
    }

    void on_attempt_ready(Attempt& attempt) {
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(attempt.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        sockaddr_storage peer{};
        size = sizeof peer;
        // Readiness may be spurious: without error and without peer the connection is still being made.
        const bool connected =
            ::getpeername(attempt.fd.get(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
        if (error == 0 && !connected) return;
        attempt.watch.stop();
        if (error == 0) return win(attempt);
        try {
            note_failure(attempt.address, detail::network_error(error));
        } catch (const std::bad_alloc&) {
            note_code(detail::errc_from_network(error));
        }
        retire(attempt);
        try_next();
    }

    void win(Attempt& attempt) {
        timer_.cancel();
        untried_.clear();
        std::unique_ptr<ByteStream> stream;
        try {
            winner_ = attempt.address.to_string();
            dialer_.times_.note(nearest_.to_string(), attempt.address, reactor_.now() - attempt.began);
            stream =
                std::make_unique<TcpStream>(std::move(attempt.fd), dialer_.options_.socket.receive_timestamps,
                                            [failed = dialer_.failed_, name = nearest_.to_string(),
                                             address = attempt.address](bool works) {
                                                if (works)
                                                    failed->forget(name, address);
                                                else
                                                    failed->note(name, address);
                                            });
            while (!attempts_.empty()) retire(*attempts_.front());
        } catch (const std::bad_alloc&) {
            return handler_.on_dial_failed({Errc::out_of_memory, {}});
        }
        if (proxy_ != nullptr)
            ask_proxy(std::move(stream));
        else
            secure(std::move(stream));
    }

    void ask_proxy(std::unique_ptr<ByteStream> stream) {
        try {
            auto handshake = detail::ask(*proxy_, beyond_proxy());
            if (!handshake) return handler_.on_dial_failed(handshake.error());
            tunnel_.emplace(std::move(stream), *std::move(handshake), proxy_->to_string());
            if (const Error refused = watch(tunnel_->stream()); refused.failed())
                return handler_.on_dial_failed(refused);
        } catch (const std::bad_alloc&) {
            return handler_.on_dial_failed({Errc::out_of_memory, {}});
        }
        go_on_with_proxy();
    }

    void go_on_with_proxy() {
        auto status = detail::ProxyTunnel::Status::failed;
        Error error{Errc::out_of_memory, {}};
        try {
            status = tunnel_->advance();
            if (status == detail::ProxyTunnel::Status::failed) error = tunnel_->error();
        } catch (const std::bad_alloc&) {
            status = detail::ProxyTunnel::Status::failed;
        }
        if (status == detail::ProxyTunnel::Status::in_progress) {
            reactor_.change(watch_, {.read = !tunnel_->wants_write(), .write = tunnel_->wants_write()});
            if (tunnel_->is_cut_short()) reactor_.revisit(watch_);
            return;
        }
        watch_.stop();
        if (status == detail::ProxyTunnel::Status::failed) return handler_.on_dial_failed(error);
        auto stream = tunnel_->release();
        tunnel_.reset();
        secure(std::move(stream));
    }

    /// The stream reaches the target. TLS follows if the target asks for it.
    void secure(std::unique_ptr<ByteStream> stream) {
        if (!target_.tls) return handler_.on_dialed(std::move(stream));
        Error error;
        try {
            error = begin_tls(std::move(stream));
        } catch (const std::bad_alloc&) {
            error = {Errc::out_of_memory, {}};
        }
        if (error.failed()) return handler_.on_dial_failed(error);
        go_on_with_tls();
    }

    [[nodiscard]] Error begin_tls(std::unique_ptr<ByteStream> stream) {
        if (dialer_.tls_ == nullptr) return {Errc::tls_setup, "no TLS is set up for " + target_.to_string()};
        try {
            tls_ = dialer_.tls_->client(std::move(stream), target_.tls_name(), target_.port);
        } catch (const std::system_error& error) {
            return {Errc::tls_setup, error.what()};
        }
        return watch(*tls_);
    }

    /// Of a connected stream, during a handshake over it.
    [[nodiscard]] Error watch(const ByteStream& stream) {
        const Errc refused = reactor_.watch(watch_, stream.fd(), {.read = true, .write = true});
        if (refused == Errc::ok) return {};
        return {refused, "the socket to " + nearest_.to_string() +
                             " cannot be watched: " + std::string(describe(refused))};
    }

    int on_ready(Interest, TimePoint) {
        if (tls_)
            go_on_with_tls();
        else
            go_on_with_proxy();
        return 1;
    }

    void go_on_with_tls() {
        const IoResult result = tls_->handshake();
        if (result.status == IoStatus::would_block) {
            const StreamStatus status = tls_->status();
            const bool reads = !status.reads_wait_for_write;
            reactor_.change(watch_, {.read = reads, .write = status.wants_write});
            if (reads && status.has_buffered_input) reactor_.revisit(watch_);
            return;
        }
        watch_.stop();
        if (result.status == IoStatus::ok)
            handler_.on_dialed(std::move(tls_));
        else
            handler_.on_dial_failed({result.error, tls_->error_detail()});
    }

    /// Its own call may be on the stack.
    void retire(Attempt& attempt) {
        attempt.watch.stop();
        attempt.fd.reset();
        for (auto at = attempts_.begin(); at != attempts_.end(); ++at) {
            if (at->get() != &attempt) continue;
            reactor_.dispose(std::move(*at));
            attempts_.erase(at);
            return;
        }
    }

    /// Before TCP: the attempt is retryable if the error of any address is.
    void note_code(Errc code) noexcept {
        if (code_ == Errc::ok || !is_retryable(code_) || is_retryable(code)) code_ = code;
    }

    void note_failure(const Endpoint& address, const Error& error) {
        note_code(error.code);
        tried_.add(address, error.message());
    }

    [[nodiscard]] Error failure() const {
        return {code_, std::string("cannot connect to ") + (proxy_ == nullptr ? "" : "the proxy ") +
                           nearest_.to_string() + " (" + tried_.text() + "); " +
                           std::string(detail::connection_advice(code_))};
    }

    void on_timer(TimePoint) { try_next(); }

    SocketDialer& dialer_;
    Reactor& reactor_;
    const DialTarget target_;
    const Proxy* proxy_ = nullptr;  // null if the target is reached directly
    DialTarget nearest_;            // the proxy, or the target
    DialHandler& handler_;
    std::unique_ptr<Resolver::Query> query_;
    std::vector<Endpoint> untried_;
    std::vector<std::unique_ptr<Attempt>> attempts_;
    Errc code_ = Errc::ok;  // of the whole attempt, if it fails
    AddressList tried_;
    bool is_resolved_ = false;
    bool has_warned_ = false;
    std::string winner_;
    std::optional<detail::ProxyTunnel> tunnel_;
    std::unique_ptr<TlsStream> tls_;
    IoWatch watch_{IoWatch::Callback::member<&SocketDial::on_ready>(*this)};  // on the stream of a handshake
    Timer timer_{Timer::Callback::member<&SocketDial::on_timer>(*this)};
};

std::unique_ptr<Dial> SocketDialer::dial(const DialTarget& target, DialHandler& handler) {
    return std::make_unique<SocketDial>(*this, target, handler);
}

}  // namespace pinwheel
