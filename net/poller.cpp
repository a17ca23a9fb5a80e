#include "poller.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

namespace pinwheel {
namespace {

std::uint32_t events_of(Interest interest) noexcept {
    std::uint32_t events = 0;
    if (interest.read) events |= EPOLLIN | EPOLLRDHUP;
    if (interest.write) events |= EPOLLOUT;
    return events;
}

/// An error or a hang-up wakes readers and writers. Their next call reports it.
Interest ready_of(std::uint32_t events) noexcept {
    return {(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
            (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0};
}

/// For an errno of epoll_ctl(2), whose ENOSPC means the limit of watches (fs.epoll.max_user_watches) and not
/// a full disk.
Errc errc_from_epoll(int error) noexcept {
    return error == ENOSPC ? Errc::out_of_descriptors : errc_from_errno(error);
}

/// struct epoll_params of linux/eventpoll.h, which older headers lack.
struct EpollParams {
    std::uint32_t time_us;
    std::uint16_t budget;
    std::uint8_t prefer;
    std::uint8_t reserved;
};
const unsigned long kSetEpollParams = _IOW(0x8A, 0x01, EpollParams);

constexpr Duration kLongestWait = std::chrono::hours{24};  // epoll_wait() takes an int of milliseconds

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), maker_(::getpid()) {
    if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1");
}

Poller::~Poller() = default;

Errc Poller::set(int fd, void* key, Interest before, Interest after) noexcept {
    if (before == after || !is_own_process()) return Errc::ok;
    epoll_event event{};
    event.events = events_of(after);
    event.data.ptr = key;
    const int operation = !before.any() ? EPOLL_CTL_ADD : !after.any() ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? Errc::ok : errc_from_epoll(errno);
}

bool Poller::restore(int fd, void* key, Interest interest) noexcept {
    if (!is_own_process()) return false;
    epoll_event event{};
    event.events = events_of(interest);
    event.data.ptr = key;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT &&
           ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool Poller::is_own_process() const noexcept {
    return ::getpid() == maker_;
}

void Poller::forget(void* key) noexcept {
    for (std::size_t i = at_; i < size_; ++i)
        if (batch_[i].key == key) batch_[i].key = nullptr;
}

Error Poller::busy_poll(const EpollBusyPoll& options) {
    const EpollParams params{
        .time_us = options.time_us, .budget = options.budget, .prefer = options.prefer, .reserved = 0};
    if (::ioctl(epoll_.get(), kSetEpollParams, &params) == 0) return {};
    const int error = errno;
    return {errc_from_errno(error), std::string("epoll's busy polling (EPIOCSPARAMS) was refused: ") +
                                        std::strerror(error) +
                                        (error == ENOTTY  ? "; it needs Linux 6.9"
                                         : error == EPERM ? "; give a budget of at most 64"
                                                          : "")};
}

void Poller::wait(Duration timeout) noexcept {
    std::array<epoll_event, kBatch> events;
    int count = -1;
    // Without a wait the older call costs a third less: it copies no timespec from user space.
    const bool is_fine = has_pwait2_ && timeout > Duration::zero();
    if (is_fine) {
        const timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
        count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(kBatch), &limit, nullptr);
        // Linux before 5.11 does not have it, and some sandboxes forbid system calls that they do not know.
        has_pwait2_ = count >= 0 || (errno != ENOSYS && errno != EPERM);
    }
    if (!is_fine || !has_pwait2_) {  // in milliseconds, rounded up
        const auto millis = std::chrono::ceil<std::chrono::milliseconds>(std::min(timeout, kLongestWait));
        count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(kBatch),
                             static_cast<int>(millis.count()));
    }
    at_ = 0;
    size_ = count > 0 ? static_cast<std::size_t>(count) : 0;  // EINTR gives an empty batch
    for (std::size_t i = 0; i < size_; ++i) batch_[i] = {events[i].data.ptr, ready_of(events[i].events)};
}

bool Poller::next(Ready& ready) noexcept {
    while (at_ < size_) {
        ready = batch_[at_++];
        if (ready.key != nullptr) return true;
    }
    return false;
}

}  // namespace pinwheel
