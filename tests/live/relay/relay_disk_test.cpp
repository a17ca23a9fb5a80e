// A nats-server whose disk is full. Needs root.
#include <sched.h>
#include <sys/mount.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "nats_server.h"
#include "relayed.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(RelayDisk, WhatAFullDiskDoesNotTakeIsToldAndStoredLater) {
    NatsServer server;
    server.stop(SIGTERM);
    std::filesystem::create_directories(server.store());
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << "needs root";
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("tmpfs", server.store().c_str(), "tmpfs", 0, "size=24m"), 0);
    server.start();
    const RelayOptions options{.url = server.url(), .stream = "OKX"};
    {
        RelayedFeed feed(options, "one");
        ASSERT_TRUE(feed.wait_connected());
        const std::string ballast = server.store() + "/ballast";
        std::int64_t number = 0;
        for (int i = 0; i < 100; ++i) feed.push(++number);
        ASSERT_TRUE(feed.wait_done());
        std::ofstream(ballast) << std::string(std::size_t{22} << 20, 'b');
        for (int i = 0; i < 3000 && feed.alerts.all().empty(); ++i) {
            for (int j = 0; j < 20; ++j) feed.push(++number);
            std::this_thread::sleep_for(2ms);
        }
        EXPECT_TRUE(feed.alerts.has("; trying again")) << feed.alerts.all();
        EXPECT_GT(feed.relay().stats().pending, 0U);
        std::filesystem::remove(ballast);
        // nats-server 2.9.10 stands still for good once its disk was full: it heeds no SIGTERM.
        server.stop(SIGKILL);
        server.start();
        for (int i = 0; i < 100; ++i) feed.push(++number);
        EXPECT_TRUE(feed.wait_done()) << feed.alerts.all();
        EXPECT_TRUE(feed.alerts.has("relaying again")) << feed.alerts.all();
        const StreamContents contents = read_stream(options);
        EXPECT_EQ(contents.doubles(), std::vector<std::string>{});
        if (feed.relay().stats().dropped == 0) expect_whole(contents, number);
        EXPECT_LE(contents.missing(number).size(), feed.relay().stats().dropped);
    }
    server.stop(SIGKILL);
    EXPECT_EQ(::umount(server.store().c_str()), 0);
}

}  // namespace
}  // namespace pinwheel
