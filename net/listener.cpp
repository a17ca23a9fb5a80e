#include "listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "network_error_impl.h"

namespace pinwheel {

Listener::Listener(Reactor& reactor, const Endpoint& endpoint, Accepted accepted, int backlog,
                   Exhausted exhausted)
    : reactor_(reactor),
      accepted_(accepted),
      exhausted_(exhausted),
      fd_(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      watch_(IoWatch::Callback::member<&Listener::on_ready>(*this)) {
    const auto require = [&](bool done) {
        if (!done)
            throw std::system_error(errno, std::system_category(),
                                    "cannot listen on " + endpoint.to_string());
    };
    require(static_cast<bool>(fd_));
    const int on = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    require(::bind(fd_.get(), endpoint.data(), endpoint.size()) == 0);
    require(::listen(fd_.get(), backlog) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    require(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    endpoint_ = Endpoint::from(reinterpret_cast<const sockaddr*>(&bound)).value_or(endpoint);
    const Errc refused = reactor.watch(watch_, fd_.get(), {.read = true});
    if (refused != Errc::ok) throw std::system_error(refused, "cannot watch " + endpoint_.to_string());
}

int Listener::on_ready(Interest, TimePoint) {
    const int socket = ::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        const Errc refused = errc_from_errno(errno);
        if (!detail::is_exhausted(refused)) return 0;
        pause(refused);
        return 1;
    }
    try {
        accepted_(UniqueFd(socket));
    } catch (const std::bad_alloc&) {
        pause(Errc::out_of_memory);
    }
    return 1;
}

void Listener::pause(Errc reason) noexcept {
    reactor_.change(watch_, {});
    reactor_.schedule_after(pause_, kAcceptPause);
    if (!std::exchange(told_, true) && exhausted_) exhausted_(reason);
}

void Listener::on_pause_over(TimePoint) {
    reactor_.change(watch_, {.read = true});
}

}  // namespace pinwheel
