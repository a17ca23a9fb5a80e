#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "../../../net/unique_fd.h"
#include "socket_life.h"
#include "wrapped_calls.h"

namespace pinwheel::test {
namespace {

struct Row {
    Call call;
    const char* name;
    int error;
    bool is_borne;  ///< no effect; else one error, reported or thrown
};

constexpr std::array kRows{
    Row{Call::socket, "socket", EMFILE, false},
    Row{Call::socket, "socket", ENFILE, false},
    Row{Call::socket, "socket", ENOBUFS, false},
    Row{Call::socket, "socket", ENOMEM, false},
    Row{Call::socket, "socket", EACCES, false},
    Row{Call::connect, "connect", EINTR, true},
    Row{Call::connect, "connect", ECONNREFUSED, false},
    Row{Call::connect, "connect", ENETUNREACH, false},
    Row{Call::connect, "connect", EADDRNOTAVAIL, false},
    Row{Call::connect, "connect", EAGAIN, false},
    Row{Call::connect, "connect", EPERM, false},
    Row{Call::recvmsg, "recvmsg", EINTR, true},
    Row{Call::recvmsg, "recvmsg", EAGAIN, true},
    Row{Call::recvmsg, "recvmsg", ECONNRESET, false},
    Row{Call::recvmsg, "recvmsg", ETIMEDOUT, false},
    Row{Call::recvmsg, "recvmsg", ENOMEM, false},
    Row{Call::recv, "recv", EINTR, true},
    Row{Call::recv, "recv", EAGAIN, true},
    Row{Call::recv, "recv", ECONNRESET, false},
    Row{Call::recv, "recv", EHOSTUNREACH, false},
    Row{Call::send, "send", EINTR, true},
    Row{Call::send, "send", EAGAIN, true},
    Row{Call::send, "send", ECONNRESET, false},
    Row{Call::send, "send", EPIPE, false},
    Row{Call::send, "send", ENOBUFS, false},
    Row{Call::send, "send", ENOMEM, false},
    Row{Call::setsockopt, "setsockopt", ENOPROTOOPT, true},
    Row{Call::setsockopt, "setsockopt", ENOMEM, true},
    Row{Call::setsockopt, "setsockopt", EPERM, true},
    Row{Call::getsockopt, "getsockopt", ENOBUFS, false},
    Row{Call::epoll_create1, "epoll_create1", EMFILE, false},
    Row{Call::epoll_create1, "epoll_create1", ENFILE, false},
    Row{Call::epoll_create1, "epoll_create1", ENOMEM, false},
    Row{Call::epoll_ctl, "epoll_ctl", ENOMEM, false},
    Row{Call::epoll_ctl, "epoll_ctl", ENOSPC, false},
    Row{Call::epoll_pwait2, "epoll_pwait2", EINTR, true},
    Row{Call::epoll_pwait2, "epoll_pwait2", ENOSYS, true},
    Row{Call::epoll_pwait2, "epoll_pwait2", EPERM, true},
    Row{Call::epoll_wait, "epoll_wait", EINTR, true},
    Row{Call::eventfd, "eventfd", EMFILE, false},
    Row{Call::eventfd, "eventfd", ENFILE, false},
    Row{Call::eventfd, "eventfd", ENOMEM, false},
    Row{Call::getrandom, "getrandom", EINTR, true},
    Row{Call::getrandom, "getrandom", ENOSYS, false},
    Row{Call::getpeername, "getpeername", ENOBUFS, true},
    Row{Call::shutdown, "shutdown", ENOTCONN, true},
    Row{Call::mmap, "mmap", ENOMEM, false},
};

constexpr auto kArmed = [](const auto& step) {
    call_plan.armed = true;
    step();
    call_plan.armed = false;
};

class SyscallFaults : public testing::TestWithParam<Row> {
  protected:
    static FaultsServer& server() {
        static FaultsServer made;
        return made;
    }
    /// False once the call was made fewer times.
    static bool run(const Row& row, int nth, bool with_tls) {
        const auto before = open_descriptors();
        call_plan = {.call = row.call, .nth = nth, .error = row.error};
        LifeLog log;
        const auto thrown = live(server(), with_tls, row.call != Call::recv, log, kArmed);
        server().settle();
        EXPECT_EQ(open_descriptors(), before);
        const bool fired = call_plan.fired();
        if (!fired || row.is_borne) {
            EXPECT_EQ(thrown, "");
            EXPECT_TRUE(log.succeeded())
                << log.ends << " ends, " << log.echoes << " echoes, " << log.error_text();
        } else if (!thrown.empty()) {
            EXPECT_EQ(log.ends, 0);
            EXPECT_NE(thrown, "it hangs") << log.ends << " ends";
        } else {
            EXPECT_EQ(log.ends, 1);
            // A failure after the end has no effect. If there is no memory, the error may have no text.
            EXPECT_TRUE(log.succeeded() || log.error_text().find("127.0.0.1") != std::string::npos ||
                        log.code == Errc::out_of_memory)
                << log.error_text();
        }
        return fired;
    }
};

TEST_P(SyscallFaults, AreToleratedOrReportedOnce) {
    const Row& row = GetParam();
    std::ignore = server();  // its descriptors are not the client's
    // The number of waits depends on the machine: only the first few are tested.
    const int most = row.call == Call::epoll_wait || row.call == Call::epoll_pwait2 ? 12 : 1'000;
    for (const bool with_tls : {false, true}) {
        int nth = 1;
        for (bool fired = true; fired && nth <= most && !HasFailure(); ++nth) {
            SCOPED_TRACE((with_tls ? "TLS, call " : "plain, call ") + std::to_string(nth));
            fired = run(row, nth, with_tls);
        }
        EXPECT_GT(nth, 2) << "the call was never made";
    }
}

INSTANTIATE_TEST_SUITE_P(Each, SyscallFaults, testing::ValuesIn(kRows), [](const auto& row) {
    return std::string(row.param.name) + "_" + strerrorname_np(row.param.error);
});

TEST(Syscalls, AKernelWithoutTheFineWaitIsTriedOnce) {
    FaultsServer server;
    call_plan = {.call = Call::epoll_pwait2, .nth = 1, .error = ENOSYS};
    LifeLog log;
    EXPECT_EQ(live(server, false, true, log, kArmed), "");
    EXPECT_TRUE(log.succeeded());
    EXPECT_EQ(call_plan.seen, 1);
}

TEST(Syscalls, AChangeThatEpollRefusesIsTriedAgain) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    const UniqueFd one(ends[0]);
    const UniqueFd other(ends[1]);
    Reactor reactor;
    IoWatch* watched = nullptr;
    bool writable = false;
    auto on_ready = [&](Interest ready, TimePoint) {
        writable = ready.write;
        reactor.change(*watched, {.read = true, .write = !writable});
        return 1;
    };
    IoWatch watch{IoWatch::Callback(on_ready)};
    watched = &watch;
    ASSERT_EQ(reactor.watch(watch, one.get(), {.read = true}), Errc::ok);
    call_plan = {.call = Call::epoll_ctl, .nth = 1, .error = ENOMEM};
    kArmed([&] { reactor.change(watch, {.read = true, .write = true}); });
    EXPECT_TRUE(call_plan.fired());
    for (int turns = 0; turns < 10 && !writable; ++turns) reactor.poll();
    EXPECT_TRUE(writable);
}

TEST(Syscalls, OnesThatFailAtConstructionAreNamed) {
    FaultsServer server;
    struct Named {
        Call call;
        const char* text;
    };
    for (const auto& named :
         {Named{Call::epoll_create1, "epoll_create1: Too many open files"},
          Named{Call::eventfd, "eventfd: Too many open files"},
          Named{Call::getrandom, "getrandom: Too many open files"},
          Named{Call::epoll_ctl, "watching the wake-up descriptor: no file descriptor"}}) {
        call_plan = {.call = named.call, .nth = 1, .error = EMFILE};
        LifeLog log;
        const auto thrown = live(server, false, true, log, kArmed);
        EXPECT_EQ(thrown.find(named.text), 0U) << thrown;
    }
}

}  // namespace
}  // namespace pinwheel::test
