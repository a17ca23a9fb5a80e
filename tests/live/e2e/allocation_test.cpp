#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/delivery/queue_sink.h"
#include "../../support/allocation_counter.h"
#include "../../support/feed_thread.h"
#include "../../support/frames.h"
#include "client_link.h"

namespace pinwheel::test {
namespace {

constexpr std::uint64_t kReceived = 1'000'000;
constexpr std::uint64_t kSent = 100'000;
constexpr std::uint64_t kBurst = 1'000;  // messages in one burst
constexpr std::size_t kSize = 64;

struct Way {
    bool tls;
    ReactorMode mode;
};

std::string name_of(const testing::TestParamInfo<Way>& info) {
    return std::string(info.param.tls ? "Tls" : "Plain") +
           (info.param.mode == ReactorMode::epoll ? "Epoll" : "Spinning");
}

/// The exchange has its own thread. Only the reactor's allocations count, from the open connection on.
class Allocations : public testing::TestWithParam<Way> {
  protected:
    void open(MessageSink& sink, const std::string& path) {
        link = std::make_unique<Link>(sink, feed.authority_file(), ReactorOptions{.mode = GetParam().mode});
        link->start(feed.url(path));
        while (!link->opened && !link->ended) turn();
        ASSERT_TRUE(link->opened) << link->end.error.message();
    }
    void turn() {
        if (link->reactor().poll_for(std::chrono::seconds{1}) == 0) relax();
    }
    static void relax() { std::this_thread::yield(); }

    /// Requests the next burst when one has arrived completely. False if the connection ended.
    template <typename Turn>
    bool receive_all(const std::uint64_t& count, Turn one_turn) {
        std::uint64_t asked = 0;
        while (count < kReceived && !link->ended) {
            if (count == asked) {
                if (link->connection().send(Opcode::text, bytes_of("more")) != Errc::ok) return false;
                asked += kBurst;
            }
            one_turn();
        }
        return count == kReceived;
    }

    /// OpenSSL 3.0 allocates and frees 40 bytes at each record (the bookkeeping of its WPACKET): three times
    /// for a written record, once for a read one. No option disables that.
    void expect_none(const AllocationCount& count, const AllocationCounter& counter, const char* what,
                     std::uint64_t messages, double openssl_per_message) {
        std::printf("%s: %llu allocations", what, static_cast<unsigned long long>(count.own));
        if (GetParam().tls)
            std::printf(", and %.3f a message inside OpenSSL",
                        static_cast<double>(count.in_openssl) / static_cast<double>(messages));
        std::puts("");
        EXPECT_EQ(count.own, 0U);
        const double allowed = GetParam().tls ? openssl_per_message * static_cast<double>(messages) : 0;
        EXPECT_LE(static_cast<double>(count.in_openssl), allowed);
        if (HasFailure()) counter.print_callers();
    }

    FeedThread feed{GetParam().tls};
    std::unique_ptr<Link> link;
};

INSTANTIATE_TEST_SUITE_P(Ways, Allocations,
                         testing::Values(Way{false, ReactorMode::busy_spin}, Way{false, ReactorMode::epoll},
                                         Way{true, ReactorMode::busy_spin}, Way{true, ReactorMode::epoll}),
                         name_of);

const std::string kBurstPath = "/burst/" + std::to_string(kBurst) + "/" + std::to_string(kSize);

TEST(AllocationCounterTest, CountsThisThreadsAllocationsOnly) {
    AllocationCounter counter;
    const auto by_new = std::make_unique<int>(1);
    void* volatile by_malloc = std::malloc(10);
    by_malloc = std::realloc(by_malloc, 20);
    std::free(by_malloc);
    void* volatile by_openssl = CRYPTO_zalloc(10, "", 0);
    CRYPTO_free(by_openssl, "", 0);
    const AllocationCount count = counter.stop();
    EXPECT_EQ(count.own, 3U);
    EXPECT_EQ(count.in_openssl, 1U);
    AllocationCount elsewhere{.own = 1};
    std::thread([&] {
        AllocationCounter nothing;
        elsewhere = nothing.stop();
    }).join();
    EXPECT_EQ(elsewhere.all(), 0U);
}

TEST_P(Allocations, AMillionMessagesToACallbackNeedNone) {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    auto take = [&](const Message& message) {
        ++count;
        bytes += message.payload.size();
    };
    CallbackSink sink{CallbackSink::Callback(take)};
    open(sink, kBurstPath);
    AllocationCounter counter;
    const bool complete = receive_all(count, [this] { turn(); });
    const auto allocations = counter.stop();
    ASSERT_TRUE(complete) << link->end.error.message();
    EXPECT_EQ(bytes, kReceived * kSize);
    expect_none(allocations, counter, "receiving through a callback", kReceived, 0.05);
}

TEST_P(Allocations, AMillionMessagesThroughTheQueueNeedNone) {
    MessageQueue queue;
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    open(sink, kBurstPath);
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    AllocationCounter counter;
    const bool complete = receive_all(count, [&] {
        turn();
        for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
            ++count;
            bytes += record->size;
            queue.pop();
        }
    });
    const auto allocations = counter.stop();
    ASSERT_TRUE(complete) << link->end.error.message();
    EXPECT_EQ(bytes, kReceived * kSize);
    EXPECT_EQ(sink.dropped(), 0U);
    expect_none(allocations, counter, "receiving through the queue", kReceived, 0.05);
}

TEST_P(Allocations, AHundredThousandMessagesSentAndEchoedNeedNone) {
    std::uint64_t count = 0;
    auto take = [&](const Message&) { ++count; };
    CallbackSink sink{CallbackSink::Callback(take)};
    open(sink, "/echo");
    const std::string payload(200, 'x');
    AllocationCounter counter;
    bool accepted = true;
    for (std::uint64_t sent = 0; sent < kSent && accepted && !link->ended;) {
        for (int i = 0; i < 200; ++i, ++sent)
            accepted = accepted && link->connection().send(Opcode::text, bytes_of(payload)) == Errc::ok;
        while (count < sent && !link->ended) turn();
    }
    const auto allocations = counter.stop();
    ASSERT_TRUE(accepted);
    ASSERT_EQ(count, kSent) << link->end.error.message();
    expect_none(allocations, counter, "sending, and receiving the echoes", kSent, 4);
}

TEST_P(Allocations, PingsTimersAndPongsNeedNone) {
    auto ignore = [](const Message&) {};
    CallbackSink sink{CallbackSink::Callback(ignore)};
    open(sink, "/echo");
    int fired = 0;
    auto fire = [&](TimePoint) { ++fired; };
    Timer timer{Timer::Callback(fire)};
    AllocationCounter counter;
    bool accepted = true;
    for (int i = 0; i < 100; ++i) {
        accepted = accepted && link->connection().ping(bytes_of("are you there")) == Errc::ok;
        link->reactor().schedule_after(timer, std::chrono::milliseconds{1});
        while (fired == i && !link->ended) turn();
    }
    const auto allocations = counter.stop();
    ASSERT_TRUE(accepted);
    ASSERT_EQ(fired, 100) << link->end.error.message();
    expect_none(allocations, counter, "pings and timers", 100, 4);
}

}  // namespace
}  // namespace pinwheel::test
