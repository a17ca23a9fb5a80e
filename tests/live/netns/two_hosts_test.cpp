#include "two_hosts.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "../../../net/listener.h"
#include "../../support/subprocess.h"

namespace pinwheel::test {
namespace {

std::string own_space() {
    return std::filesystem::read_symlink("/proc/thread-self/ns/net").string();
}

std::size_t hosts_of(pid_t owner) {
    std::size_t count = 0;
    std::error_code none_yet;
    for (const auto& entry : std::filesystem::directory_iterator("/run/netns", none_yet))
        count +=
            entry.path().filename().string().rfind("pinwheel-test-" + std::to_string(owner) + "-", 0) == 0;
    return count;
}

TEST(TwoHosts, AreThereForAsLongAsTheirObject) {
    const std::string home = own_space();
    {
        const TwoHosts hosts;
        EXPECT_EQ(hosts_of(::getpid()), 2U);
        EXPECT_NE(own_space(), home);
    }
    EXPECT_EQ(own_space(), home);
    EXPECT_EQ(hosts_of(::getpid()), 0U);
}

TEST(TwoHosts, HaveNoWayOut) {
    const TwoHosts hosts;
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
    const auto outside = Endpoint::parse("192.0.2.1", 80).value();
    EXPECT_NE(::connect(socket.get(), outside.data(), outside.size()), 0);
    EXPECT_EQ(errno, ENETUNREACH);
}

TEST(TwoHosts, ThoseOfAProcessThatDiedAreSweptUp) {
    const pid_t child = ::fork();
    if (child == 0) {
        new TwoHosts;  // never destroyed
        ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(hosts_of(child), 2U);
    const TwoHosts hosts;
    EXPECT_EQ(hosts_of(child), 0U);
}

}  // namespace
}  // namespace pinwheel::test
