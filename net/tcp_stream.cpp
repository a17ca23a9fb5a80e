#include "tcp_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>

#include "network_error_impl.h"

namespace pinwheel {

IoResult TcpStream::failed() noexcept {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult::again();
    last_errno_ = errno;
    // The connection was up, so that this is no connection timeout.
    return IoResult::failed(last_errno_ == ETIMEDOUT ? Errc::unacknowledged
                                                     : detail::errc_from_network(last_errno_));
}

ssize_t TcpStream::receive_with_time(std::span<std::byte> out) noexcept {
    iovec part{out.data(), out.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd_.get(), &message, 0);
    if (got <= 0) return got;
    const cmsghdr* const head = CMSG_FIRSTHDR(&message);
    if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_TIMESTAMPNS) {
        timespec time{};
        std::memcpy(&time, CMSG_DATA(head), sizeof time);
        arrival_time_ =
            SystemTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
    }
    return got;
}

IoResult TcpStream::read_some(std::span<std::byte> out) noexcept {
    while (true) {
        const ssize_t got =
            with_arrival_times_ ? receive_with_time(out) : ::recv(fd_.get(), out.data(), out.size(), 0);
        filled_ = got == static_cast<ssize_t>(out.size());
        if (got > 0) [[likely]]
            return IoResult::done(static_cast<std::size_t>(got));
        if (got == 0) return IoResult::end();
        if (errno != EINTR) return failed();
    }
}

IoResult TcpStream::write_some(std::span<const std::byte> in) noexcept {
    while (true) {
        const ssize_t sent = ::send(fd_.get(), in.data(), in.size(), MSG_NOSIGNAL);
        if (sent >= 0) [[likely]]
            return IoResult::done(static_cast<std::size_t>(sent));
        if (errno != EINTR) return failed();
    }
}

void TcpStream::shutdown_write() noexcept {
    ::shutdown(fd_.get(), SHUT_WR);
}

void TcpStream::abort() noexcept {
    const linger reset{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

std::string TcpStream::error_detail() const {
    return last_errno_ == 0 ? std::string() : std::strerror(last_errno_);
}

void TcpStream::rate_peer(bool works) noexcept {
    try {
        if (rated_) rated_(works);
    } catch (const std::bad_alloc&) {  // then the next dial keeps the order of this one
    }
}

}  // namespace pinwheel
