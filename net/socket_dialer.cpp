#include "socket_dialer.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "network_error_impl.h"
#include "tcp_stream.h"
#include "tls_stream.h"

namespace pinwheel {

namespace {

/// Addresses with what became of them. The first few are named, the others counted.
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

/// One dial: resolving, then racing, then (for TLS) shaking hands.
class SocketDialer::SocketDial final : public Dial {
  public:
    SocketDial(SocketDialer& dialer, DialTarget target, DialHandler& handler)
        : dialer_(dialer), reactor_(dialer.reactor_), target_(std::move(target)), handler_(handler) {
        query_ = dialer_.resolver_.resolve(target_.host, target_.port,
                                           Resolver::Callback::member<&SocketDial::on_resolved>(*this));
    }

    ~SocketDial() override {
        if (tls_) tls_->rate_peer(false);  // refused, or cut off in the middle
    }

    [[nodiscard]] Error waiting_for() const override {
        if (tls_) return {Errc::connect_timeout, "the TLS handshake with " + winner_ + " is not done"};
        if (!is_resolved_) return {Errc::resolve_timeout, query_->asked()};
        AddressList list = tried_;
        for (const auto& attempt : attempts_) list.add(attempt->address, "no answer");
        return {Errc::connect_timeout, list.text()};
    }

  private:
    /// One address being tried.
    struct Attempt final : Disposable {
        Attempt(SocketDial& its_dial, const Endpoint& its_address) : dial(its_dial), address(its_address) {}
        int on_ready(Interest, TimePoint) {
            dial.on_attempt_ready(*this);
            return 1;
        }
        SocketDial& dial;
        Endpoint address;
        UniqueFd fd;
        IoWatch watch{IoWatch::Callback::member<&Attempt::on_ready>(*this)};
    };

    void on_resolved(const Error& error, std::span<const Endpoint> addresses) {
        if (error) return handler_.on_dial_failed(error);
        is_resolved_ = true;
        untried_ = interleave_families(addresses, dialer_.options_.prefer_ipv4 ? AF_INET : AF_INET6);
        dialer_.failed_->put_last(target_.to_string(), untried_);
        if (untried_.size() > kMaxAddressesTried) untried_.resize(kMaxAddressesTried);
        try_next();
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
        if (error) handler_.on_dial_failed(error);
    }

    /// Begins the next address. One that fails at once makes room for its successor. False: there is none.
    bool begin_next(std::vector<Error>& warnings) {
        while (!untried_.empty()) {
            if (attempts_.size() == kMaxAddressesInFlight) {
                note_failure(attempts_.front()->address, {Errc::connect_timeout, "no answer"});
                retire(*attempts_.front());
            }
            Attempt& attempt = *attempts_.emplace_back(std::make_unique<Attempt>(*this, untried_.front()));
            untried_.erase(untried_.begin());
            const Error refused = begin(attempt, warnings);
            if (!refused) {
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
        attempt.fd.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!attempt.fd) return detail::network_error(errno);
        for (auto& refused : apply(options, attempt.fd.get())) warnings.push_back(std::move(refused));
        if (Error refused = bind_source(options, attempt.fd.get(), family)) return refused;
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
        // Readiness may be spurious: without error and without peer the connection is still on its way.
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
        std::unique_ptr<ByteStream> stream;  // unless TLS takes it
        Error error;
        try {
            winner_ = attempt.address.to_string();
            stream =
                std::make_unique<TcpStream>(std::move(attempt.fd), dialer_.options_.socket.receive_timestamps,
                                            [failed = dialer_.failed_, name = target_.to_string(),
                                             address = attempt.address](bool works) {
                                                if (works)
                                                    failed->forget(name, address);
                                                else
                                                    failed->note(name, address);
                                            });
            while (!attempts_.empty()) retire(*attempts_.front());
            if (target_.tls) error = begin_tls(std::move(stream));
        } catch (const std::bad_alloc&) {
            error = {Errc::out_of_memory, {}};
        }
        if (error) return handler_.on_dial_failed(error);
        if (!target_.tls)
            return handler_.on_dialed(
                std::move(stream));  // NOLINT(clang-analyzer-cplusplus.Move): not moved then
        on_tls_ready({}, {});
    }

    [[nodiscard]] Error begin_tls(std::unique_ptr<ByteStream> stream) {
        if (dialer_.tls_ == nullptr) return {Errc::tls_setup, "no TLS is set up for " + target_.to_string()};
        try {
            tls_ = dialer_.tls_->client(std::move(stream), target_.tls_name(), target_.port);
        } catch (const std::system_error& error) {
            return {Errc::tls_setup, error.what()};
        }
        const Errc refused = reactor_.watch(tls_watch_, tls_->fd(), {.read = true, .write = true});
        if (refused == Errc::ok) return {};
        return {refused, "the socket to " + target_.to_string() +
                             " cannot be watched: " + std::string(describe(refused))};
    }

    int on_tls_ready(Interest, TimePoint) {
        const IoResult result = tls_->handshake();
        if (result.status == IoStatus::would_block) {
            const bool reads = !tls_->reads_wait_for_write();
            reactor_.change(tls_watch_, {.read = reads, .write = tls_->wants_write()});
            if (reads && tls_->has_buffered_input()) reactor_.revisit(tls_watch_);
            return 1;
        }
        tls_watch_.stop();
        if (result.status == IoStatus::ok)
            handler_.on_dialed(std::move(tls_));
        else
            handler_.on_dial_failed({result.error, tls_->error_detail()});
        return 1;
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

    /// The attempt may pass if the way to any of the addresses may.
    void note_code(Errc code) noexcept {
        if (code_ == Errc::ok || !is_retryable(code_) || is_retryable(code)) code_ = code;
    }

    void note_failure(const Endpoint& address, const Error& error) {
        note_code(error.code);
        tried_.add(address, error.message());
    }

    [[nodiscard]] Error failure() const {
        return {code_, "cannot connect to " + target_.to_string() + " (" + tried_.text() + "); " +
                           std::string(detail::connection_advice(code_))};
    }

    void on_timer(TimePoint) { try_next(); }

    SocketDialer& dialer_;
    Reactor& reactor_;
    const DialTarget target_;
    DialHandler& handler_;
    std::unique_ptr<Resolver::Query> query_;
    std::vector<Endpoint> untried_;
    std::vector<std::unique_ptr<Attempt>> attempts_;
    Errc code_ = Errc::ok;  // of the whole attempt, should it fail
    AddressList tried_;
    bool is_resolved_ = false;
    bool has_warned_ = false;
    std::string winner_;
    std::unique_ptr<TlsStream> tls_;
    IoWatch tls_watch_{IoWatch::Callback::member<&SocketDial::on_tls_ready>(*this)};
    Timer timer_{Timer::Callback::member<&SocketDial::on_timer>(*this)};
};

std::unique_ptr<Dial> SocketDialer::dial(const DialTarget& target, DialHandler& handler) {
    return std::make_unique<SocketDial>(*this, target, handler);
}

}  // namespace pinwheel
