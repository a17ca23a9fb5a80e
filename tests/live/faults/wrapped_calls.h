#pragma once

#include <cstdint>

#include "../../../core/clock.h"

namespace pinwheel::test {

/// The system calls of the net layer, which the linker sends through wrapped_calls.cpp.
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
    epoll_ctl,  // to add or change; to remove fails for nobody but a broken caller
    epoll_wait,
    epoll_pwait2,
    eventfd,
    getrandom,
    getpeername,
    shutdown,
    mmap,
};

/// Which call fails, with what. Only while `armed`, so that the server beside the client is left alone.
struct CallPlan {
    Call call = Call::none;
    int nth = 1;  ///< the first is 1
    int error = 0;
    int seen = 0;
    bool armed = false;
    [[nodiscard]] bool fired() const noexcept { return seen >= nth; }
};

extern CallPlan call_plan;

/// Not null: where epoll would sleep, this clock moves on by as much, and nothing sleeps.
extern ManualClock* sleeping_clock;

}  // namespace pinwheel::test
