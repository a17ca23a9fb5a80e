#include <gtest/gtest.h>

#include <string>

#include "peer.h"

namespace pinwheel::test {
namespace {

/// `pinwheel echo` as the client under test of a conformance server: one run for each case, one after the
/// other.
TEST(EchoCommand, BehavesWellAgainstAnOutsideSuite) {
    const auto suite = Peer::suite();
    const int cases = std::stoi(suite->next_event());
    ASSERT_GT(cases, 0);
    const std::string base = "ws://127.0.0.1:" + std::to_string(suite->port()) + "/case/";
    for (int i = 0; i < cases; ++i) {
        Subprocess echo({PINWHEEL_COMMAND, "echo", "--epoll", base + std::to_string(i)});
        const int status = echo.wait();
        const std::string verdict = suite->next_event();
        EXPECT_EQ(verdict.substr(0, 5), "ok " + std::to_string(status) + " ") << verdict;
    }
}

}  // namespace
}  // namespace pinwheel::test
