#include "counting.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
}

namespace {

pinwheel::bench::Counts so_far;

void* openssl_malloc(std::size_t size, const char*, int) {
    ++so_far.openssl_allocations;
    void* const memory = __libc_malloc(size);
    so_far.openssl_bytes += ::malloc_usable_size(memory);
    return memory;
}
void openssl_free(void* memory, const char*, int) {
    so_far.openssl_bytes -= ::malloc_usable_size(memory);
    std::free(memory);
}
void* openssl_realloc(void* memory, std::size_t size, const char*, int) {
    ++so_far.openssl_allocations;
    so_far.openssl_bytes -= ::malloc_usable_size(memory);
    void* const moved = __libc_realloc(memory, size);
    so_far.openssl_bytes += ::malloc_usable_size(moved);
    return moved;
}

}  // namespace

namespace pinwheel::bench {

bool count_openssl_apart() noexcept {
    return CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free) == 1;
}

Counts counts() noexcept {
    return so_far;
}

}  // namespace pinwheel::bench

// The program's own definitions take precedence over libc's, for every library that it loads.
extern "C" {

ssize_t read(int fd, void* out, size_t size) {
    ++so_far.reads;
    return syscall(SYS_read, fd, out, size);
}
ssize_t recvfrom(int fd, void* out, size_t size, int flags, sockaddr* from, socklen_t* from_size) {
    ++so_far.reads;
    return syscall(SYS_recvfrom, fd, out, size, flags, from, from_size);
}
ssize_t recv(int fd, void* out, size_t size, int flags) {
    return recvfrom(fd, out, size, flags, nullptr, nullptr);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
    ++so_far.reads;
    return syscall(SYS_recvmsg, fd, message, flags);
}
ssize_t write(int fd, const void* in, size_t size) {
    ++so_far.writes;
    return syscall(SYS_write, fd, in, size);
}
ssize_t sendto(int fd, const void* in, size_t size, int flags, const sockaddr* to, socklen_t to_size) {
    ++so_far.writes;
    return syscall(SYS_sendto, fd, in, size, flags, to, to_size);
}
ssize_t send(int fd, const void* in, size_t size, int flags) {
    return sendto(fd, in, size, flags, nullptr, 0);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    ++so_far.writes;
    return syscall(SYS_sendmsg, fd, message, flags);
}
int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
    ++so_far.waits;
    return static_cast<int>(syscall(SYS_epoll_pwait, fd, events, count, timeout, nullptr, _NSIG / 8));
}
int epoll_pwait2(int fd, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
    ++so_far.waits;
    return static_cast<int>(syscall(SYS_epoll_pwait2, fd, events, count, timeout, mask, _NSIG / 8));
}

void* malloc(size_t size) {
    ++so_far.allocations;
    return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
    ++so_far.allocations;
    return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
    ++so_far.allocations;
    return __libc_realloc(memory, size);
}

}  // extern "C"
