#include "wrapped_calls.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <ctime>

namespace pinwheel::test {

CallPlan call_plan;
ManualClock* sleeping_clock = nullptr;

namespace {

/// True: the call fails with errno set.
bool fails(Call call) noexcept {
    if (!call_plan.armed || call != call_plan.call || ++call_plan.seen != call_plan.nth) return false;
    errno = call_plan.error;
    return true;
}

}  // namespace
}  // namespace pinwheel::test

using pinwheel::test::Call;
using pinwheel::test::fails;

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's --wrap makes these names
extern "C" {

int __real_socket(int, int, int);
int __real_connect(int, const sockaddr*, socklen_t);
ssize_t __real_recv(int, void*, size_t, int);
ssize_t __real_recvmsg(int, msghdr*, int);
ssize_t __real_send(int, const void*, size_t, int);
int __real_setsockopt(int, int, int, const void*, socklen_t);
int __real_getsockopt(int, int, int, void*, socklen_t*);
int __real_epoll_create1(int);
int __real_epoll_ctl(int, int, int, epoll_event*);
int __real_epoll_pwait2(int, epoll_event*, int, const timespec*, const sigset_t*);
int __real_epoll_wait(int, epoll_event*, int, int);
int __real_eventfd(unsigned, int);
ssize_t __real_getrandom(void*, size_t, unsigned);
int __real_getpeername(int, sockaddr*, socklen_t*);
int __real_shutdown(int, int);
void* __real_mmap64(void*, size_t, int, int, int, off_t);

int __wrap_socket(int, int, int);
int __wrap_connect(int, const sockaddr*, socklen_t);
ssize_t __wrap_recv(int, void*, size_t, int);
ssize_t __wrap_recvmsg(int, msghdr*, int);
ssize_t __wrap_send(int, const void*, size_t, int);
int __wrap_setsockopt(int, int, int, const void*, socklen_t);
int __wrap_getsockopt(int, int, int, void*, socklen_t*);
int __wrap_epoll_create1(int);
int __wrap_epoll_ctl(int, int, int, epoll_event*);
int __wrap_epoll_pwait2(int, epoll_event*, int, const timespec*, const sigset_t*);
int __wrap_epoll_wait(int, epoll_event*, int, int);
int __wrap_eventfd(unsigned, int);
ssize_t __wrap_getrandom(void*, size_t, unsigned);
int __wrap_getpeername(int, sockaddr*, socklen_t*);
int __wrap_shutdown(int, int);
void* __wrap_mmap64(void*, size_t, int, int, int, off_t);

int __wrap_socket(int family, int kind, int protocol) {
    return fails(Call::socket) ? -1 : __real_socket(family, kind, protocol);
}
int __wrap_connect(int fd, const sockaddr* address, socklen_t size) {
    if (!fails(Call::connect)) return __real_connect(fd, address, size);
    const int error = errno;
    if (error == EINTR) __real_connect(fd, address, size);  // interrupted, but it continues
    errno = error;
    return -1;
}
ssize_t __wrap_recv(int fd, void* out, size_t size, int flags) {
    return fails(Call::recv) ? -1 : __real_recv(fd, out, size, flags);
}
ssize_t __wrap_recvmsg(int fd, msghdr* message, int flags) {
    return fails(Call::recvmsg) ? -1 : __real_recvmsg(fd, message, flags);
}
ssize_t __wrap_send(int fd, const void* in, size_t size, int flags) {
    return fails(Call::send) ? -1 : __real_send(fd, in, size, flags);
}
int __wrap_setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
    return fails(Call::setsockopt) ? -1 : __real_setsockopt(fd, level, option, value, size);
}
int __wrap_getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
    return fails(Call::getsockopt) ? -1 : __real_getsockopt(fd, level, option, value, size);
}
int __wrap_epoll_create1(int flags) {
    return fails(Call::epoll_create1) ? -1 : __real_epoll_create1(flags);
}
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
    if (operation != EPOLL_CTL_DEL && fails(Call::epoll_ctl)) return -1;
    return __real_epoll_ctl(epoll, operation, fd, event);
}
int __wrap_epoll_pwait2(int epoll, epoll_event* events, int size, const timespec* limit,
                        const sigset_t* mask) {
    if (fails(Call::epoll_pwait2)) return -1;
    if (pinwheel::test::sleeping_clock == nullptr)
        return __real_epoll_pwait2(epoll, events, size, limit, mask);
    const int ready = __real_epoll_wait(epoll, events, size, 0);
    if (ready == 0)
        pinwheel::test::sleeping_clock->advance(std::chrono::seconds(limit->tv_sec) +
                                                std::chrono::nanoseconds(limit->tv_nsec));
    return ready;
}
int __wrap_epoll_wait(int epoll, epoll_event* events, int size, int limit) {
    return fails(Call::epoll_wait) ? -1 : __real_epoll_wait(epoll, events, size, limit);
}
int __wrap_eventfd(unsigned count, int flags) {
    return fails(Call::eventfd) ? -1 : __real_eventfd(count, flags);
}
ssize_t __wrap_getrandom(void* out, size_t size, unsigned flags) {
    return fails(Call::getrandom) ? -1 : __real_getrandom(out, size, flags);
}
int __wrap_getpeername(int fd, sockaddr* address, socklen_t* size) {
    return fails(Call::getpeername) ? -1 : __real_getpeername(fd, address, size);
}
int __wrap_shutdown(int fd, int how) {
    return fails(Call::shutdown) ? -1 : __real_shutdown(fd, how);
}
void* __wrap_mmap64(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    return fails(Call::mmap) ? MAP_FAILED : __real_mmap64(address, size, protection, flags, fd, offset);
}
}
// NOLINTEND(bugprone-reserved-identifier)
