// N6: a forked child shares descriptors and epoll with its parent. When it exits, it closes its copies and
// does not affect the parent's connection.

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../../../proto/session/manager.h"
#include "../../support/feed_thread.h"

namespace {
bool g_is_child = false;
}

/// LeakSanitizer runs at the process's end. A child has lost the server's thread and the objects that the
/// thread owned.
extern "C" int __lsan_is_turned_off() {
    return g_is_child ? 1 : 0;
}

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

std::set<int> epolls() {
    std::set<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone).string() == "anon_inode:[eventpoll]")
            found.insert(std::stoi(entry.path().filename().string()));
    }
    return found;
}

/// All objects of one session in one place, so that exit() can destroy them.
struct Life {
    Life(ReactorMode mode, const test::FeedThread& server, Clock* clock, Duration ping_interval)
        : before(epolls()), reactor({.mode = mode, .clock = clock}) {
        for (const int epoll : epolls())
            if (!before.contains(epoll)) own_epoll = epoll;
        WebSocketOptions options;
        options.ping_interval = ping_interval;
        options.ping_timeout = 0ms < ping_interval ? ping_interval : Duration(10s);
        options.network.tls.ca_file = server.authority_file();
        options.on_message = [this](const Message& message) { received.emplace_back(message.text()); };
        options.on_disconnect = [this](DisconnectReason) { ++disconnects; };
        options.on_alert = [this](std::string_view, std::string_view text, AlertContext) {
            alerts.emplace_back(text);
        };
        manager.emplace(reactor, server.url("/echo"), options);
        manager->connect();
        while (!manager->is_connected()) reactor.poll_for(10ms);
    }
    void echo(const std::string& text) {
        manager->send(text);
        const std::size_t wanted = received.size() + 1;
        while (received.size() < wanted && disconnects == 0) reactor.poll_for(10ms);
    }

    std::set<int> before;
    Reactor reactor;
    int own_epoll = -1;
    std::vector<std::string> received;
    std::vector<std::string> alerts;
    int disconnects = 0;
    std::optional<WebSocketManager> manager;
};

std::optional<Life> g_life;  // destroyed by exit()
std::optional<ConnectedScope> g_scope;

class Fork : public testing::TestWithParam<std::tuple<ReactorMode, bool>> {
  protected:
    Fork() { g_life.emplace(std::get<0>(GetParam()), server_, nullptr, 0ms); }
    ~Fork() override {
        g_scope.reset();
        g_life.reset();
    }
    template <class Work>
    static void in_child(const Work& work) {
        const pid_t child = ::fork();
        if (child == 0) {
            g_is_child = true;
            work();
            std::exit(0);
        }
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    void expect_untouched() {
        g_life->echo("after");
        EXPECT_EQ(g_life->disconnects, 0);
        EXPECT_EQ(g_life->received, (std::vector<std::string>{"before", "after"}));
        EXPECT_EQ(g_life->manager->generation(), 1U);
        EXPECT_TRUE(g_life->alerts.empty());
    }

    test::FeedThread server_{std::get<1>(GetParam())};
};

TEST_P(Fork, N6AChildThatExitsLeavesTheParentsConnectionAsItIs) {
    g_life->echo("before");
    in_child([] {});
    expect_untouched();
}

TEST_P(Fork, N6SoDoesOneThatEndsTheSessionByHand) {
    g_life->echo("before");
    in_child([] {
        g_life->manager->close();
        g_life->manager->force_close();
        g_life->manager->kill();
        g_life->manager->shutdown();
        g_life.reset();
    });
    expect_untouched();
}

TEST_P(Fork, N6SoDoesAScopeThatWouldWaitForTheEnd) {
    g_scope.emplace(*g_life->manager);
    g_life->alerts.clear();  // the alerts of the connect
    g_life->echo("before");
    in_child([] { g_scope.reset(); });
    expect_untouched();
}

TEST_P(Fork, N6AChildMadeInsideAHandlerMayExitThere) {
    g_life->echo("before");
    g_life->reactor.post([] { in_child([] {}); });
    expect_untouched();
}

TEST_P(Fork, N6AChildMayHaveItsOwnSession) {
    g_life->echo("before");
    in_child([this] {
        Life own(std::get<0>(GetParam()), server_, nullptr, 0ms);
        own.echo("own");
        std::_Exit(own.received == std::vector<std::string>{"own"} ? 0 : 1);
    });
    expect_untouched();
}

INSTANTIATE_TEST_SUITE_P(Both, Fork,
                         testing::Combine(testing::Values(ReactorMode::epoll, ReactorMode::busy_spin),
                                          testing::Bool()));

TEST(LostWatch, N6IsFoundByKeepAliveArmedAgainAndAlerted) {
    const test::FeedThread server(false);
    ManualClock clock;
    Life life(ReactorMode::epoll, server, &clock, 20s);
    life.echo("before");
    for (int fd = 0; fd < 1024; ++fd) ::epoll_ctl(life.own_epoll, EPOLL_CTL_DEL, fd, nullptr);
    life.manager->send("lost");
    clock.advance(20s);
    while (life.received.size() < 2 && life.disconnects == 0) life.reactor.poll_for(10ms);
    ASSERT_EQ(life.alerts.size(), 1U);
    EXPECT_NE(life.alerts[0].find("epoll had lost the socket to 127.0.0.1:"), std::string::npos);
    life.echo("again");
    EXPECT_EQ(life.received, (std::vector<std::string>{"before", "lost", "again"}));
    for (int i = 0; i < 3; ++i) {
        life.reactor.poll_for(10ms);
        clock.advance(10s);
    }
    EXPECT_EQ(life.alerts.size(), 1U) << "told once";
}

}  // namespace
}  // namespace pinwheel
