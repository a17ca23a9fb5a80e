#pragma once

#include <cstdint>

#include "../../../core/clock.h"

namespace pinwheel::test {

/// The system calls of the net layer. The linker redirects them to wrapped_calls.cpp.
enum class Call : std::uint8_t {
    none,
    socket,
    connect,
    recv,
    recvmsg,
    send,
    setsockopt,
    getsockopt,
    epoll_create1,
    epoll_ctl,  // add and modify; a removal fails only for a broken caller
    epoll_wait,
    epoll_pwait2,
    eventfd,
    getrandom,
    getpeername,
    shutdown,
    mmap,
};

/// The failing call and its errno. Active only while `armed`, so that the server in the same process is not
/// affected.
struct CallPlan {
    Call call = Call::none;
    int nth = 1;  ///< the first is 1
    int error = 0;
    int seen = 0;
    bool armed = false;
    [[nodiscard]] bool fired() const noexcept { return seen >= nth; }
};

extern CallPlan call_plan;

/// If set: where epoll would sleep, this clock advances by that time instead.
extern ManualClock* sleeping_clock;

}  // namespace pinwheel::test
