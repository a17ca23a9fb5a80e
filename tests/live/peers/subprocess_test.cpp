#include "../../support/subprocess.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <stdexcept>

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

TEST(Subprocess, GivesOutputByLineAndThenTheRest) {
    Subprocess child({"sh", "-c", "echo one; echo two; printf 'three\\nfour'"});
    EXPECT_EQ(child.read_line(), "one");
    EXPECT_EQ(child.read_line(), "two");
    EXPECT_EQ(child.read_rest(), "three\nfour");
    EXPECT_EQ(child.wait(), 0);
}

TEST(Subprocess, ReturnsTheExitStatusRepeatedly) {
    Subprocess child({"sh", "-c", "exit 7"});
    EXPECT_EQ(child.wait(), 7);
    EXPECT_EQ(child.wait(), 7);
}

TEST(Subprocess, NamesAProgramThatIsNotThere) {
    try {
        Subprocess child({"no-such-program-anywhere"});
        FAIL() << "started";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "no-such-program-anywhere: cannot be run: No such file or directory");
    }
}

TEST(Subprocess, ThrowsWhenTheOutputEndsBeforeALine) {
    Subprocess child({"printf", "half a line"});
    EXPECT_THROW((void)child.read_line(), std::runtime_error);
}

TEST(Subprocess, ThrowsWhenNoLineComesInTime) {
    Subprocess child({"cat"});
    EXPECT_THROW((void)child.read_line(1ms), std::runtime_error);
}

TEST(Subprocess, FeedsTheChild) {
    Subprocess child({"cat"});
    child.write("there and back\n");
    EXPECT_EQ(child.read_line(), "there and back");
    child.close_input();
    EXPECT_EQ(child.read_rest(), "");
    EXPECT_EQ(child.wait(), 0);
}

TEST(Subprocess, FreezesAndThawsTheChild) {
    Subprocess child({"cat"});
    child.signal(SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    EXPECT_TRUE(WIFSTOPPED(status));
    child.write("frozen\n");
    EXPECT_THROW((void)child.read_line(1ms), std::runtime_error);
    child.signal(SIGCONT);
    EXPECT_EQ(child.read_line(), "frozen");
}

TEST(Subprocess, ReturnsTheSignalThatEndedTheChild) {
    Subprocess child({"cat"});
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), -SIGTERM);
    EXPECT_THROW(child.signal(SIGTERM), std::runtime_error);
}

TEST(Subprocess, IsKilledAndReapedWithItsObject) {
    pid_t pid = 0;
    {
        Subprocess child({"cat"});
        pid = child.pid();
    }
    EXPECT_EQ(::waitpid(pid, nullptr, 0), -1);
    EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace pinwheel::test
