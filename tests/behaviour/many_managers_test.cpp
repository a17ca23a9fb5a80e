// Many managers on one reactor, each with its own handlers.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <vector>

#include "../../net/network.h"
#include "../../proto/session/manager.h"
#include "../support/feed_thread.h"

namespace pinwheel::test {
namespace {

constexpr std::size_t kManagers = 1000;

/// Two descriptors a connection, and those of the rest of the process.
bool allow_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2 * kManagers + 200));
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 2 * kManagers + 200;
}

class ManyManagers : public testing::TestWithParam<ReactorMode> {
  public:
    static std::string name_of(const testing::TestParamInfo<ReactorMode>& of) {
        return of.param == ReactorMode::epoll ? "Epoll" : "Spinning";
    }
};

TEST_P(ManyManagers, AThousandOnOneReactorAndHalfOfThemDestroyedInTheirOwnHandlers) {
    ASSERT_TRUE(allow_descriptors()) << "the limit on descriptors cannot be raised to "
                                     << 2 * kManagers + 200;
    FeedThread feed(false);
    Reactor reactor({.mode = GetParam()});
    Network network(reactor, {}, false);
    struct One {
        std::unique_ptr<WebSocketManager> ws;
        int connects = 0;
        int messages = 0;
        int disconnects = 0;
    };
    std::vector<One> all(kManagers);
    std::size_t greeted = 0;
    for (std::size_t i = 0; i < kManagers; ++i) {
        One& one = all[i];
        WebSocketOptions options;
        options.dialer = &network;
        options.on_connect = [&one, i] {
            ++one.connects;
            one.ws->send("manager " + std::to_string(i));
        };
        options.on_message = [&one, &greeted, i](const Message& message) {
            EXPECT_EQ(message.text(), one.messages == 0 ? "manager " + std::to_string(i) : "again");
            if (one.messages++ == 0) ++greeted;
            if (i % 2 == 0) one.ws.reset();
        };
        options.on_disconnect = [&one](DisconnectReason) { ++one.disconnects; };
        one.ws = std::make_unique<WebSocketManager>(reactor, feed.url("/echo"), options);
        one.ws->connect();
    }
    while (greeted < kManagers) reactor.poll_for(std::chrono::seconds{1});
    std::size_t answered = 0;
    for (std::size_t i = 0; i < kManagers; ++i) {
        EXPECT_EQ(all[i].connects, 1);
        EXPECT_EQ(all[i].messages, 1);
        EXPECT_EQ(all[i].disconnects, 0) << "a handler was called after the destructor";
        ASSERT_EQ(all[i].ws == nullptr, i % 2 == 0);
        if (all[i].ws) all[i].ws->send("again");
    }
    while (answered < kManagers / 2) {
        reactor.poll_for(std::chrono::seconds{1});
        answered = 0;
        for (const One& one : all) answered += one.messages == 2 ? 1U : 0U;
    }
    for (One& one : all)
        if (one.ws) one.ws->shutdown();
    for (One& one : all) {
        if (!one.ws) continue;
        EXPECT_TRUE(one.ws->wait_disconnected());
        EXPECT_EQ(one.ws->state(), ConnectionState::closed);
        EXPECT_EQ(one.disconnects, 1);
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, ManyManagers, testing::Values(ReactorMode::epoll, ReactorMode::busy_spin),
                         ManyManagers::name_of);

}  // namespace
}  // namespace pinwheel::test
