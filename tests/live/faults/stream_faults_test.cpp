#include <algorithm>

#include "../../support/fail_after.h"
#include "echo_pair.h"

namespace pinwheel::test {
namespace {

using Operation = FailPlan::Operation;
using Failure = FailPlan::Failure;

class StreamFaults : public testing::TestWithParam<bool> {
  protected:
    static MemoryDialer::Wrap failing(std::shared_ptr<FailPlan> plan) {
        return [plan = std::move(plan)](std::unique_ptr<ByteStream> lower) {
            return std::make_unique<FailAfter>(std::move(lower), plan);
        };
    }
    static MemoryDialer::Wrap unchanged() {
        return [](std::unique_ptr<ByteStream> lower) { return lower; };
    }
    static void expect_success(const EchoLife& life) {
        EXPECT_EQ(life.ends, 1);
        EXPECT_EQ(life.end.error.code, Errc::ok) << life.end.error.message();
        EXPECT_EQ(life.end.close_code, 1000);
        EXPECT_EQ(life.received, life.to_send);
        EXPECT_EQ(life.server.received, life.to_send);
        EXPECT_TRUE(life.drained());
    }
    /// One end with a clear error, and no false report before it.
    static void expect_clean_failure(const EchoLife& life) {
        ASSERT_EQ(life.ends, 1);
        EXPECT_TRUE(life.drained());
        ASSERT_LE(life.received.size(), life.to_send.size());
        EXPECT_TRUE(std::equal(life.received.begin(), life.received.end(), life.to_send.begin()));
        // A failure after both close frames has no effect.
        if (life.end.error.code == Errc::ok) {
            EXPECT_EQ(life.received, life.to_send);
            return;
        }
        EXPECT_TRUE(life.end.error.code == Errc::connection_reset ||
                    life.end.error.code == Errc::end_of_stream ||
                    life.end.error.code == Errc::upgrade_malformed)
            << describe(life.end.error.code);
        EXPECT_NE(life.end.error.message().find("localhost"), std::string::npos) << life.end.error.message();
    }
    void fail_every(Operation operation, Failure failure) {
        bool fired = true;
        int runs = 0;
        for (int nth = 1; fired && !HasFatalFailure(); ++nth, ++runs) {
            SCOPED_TRACE(nth);
            const auto plan = std::make_shared<FailPlan>(FailPlan{operation, failure, nth});
            EchoLife life(tls(), GetParam(), failing(plan));
            life.run();
            fired = plan->fired();
            if (!fired || failure == Failure::would_block)
                expect_success(life);
            else
                expect_clean_failure(life);
        }
        EXPECT_GT(runs, 3);
    }
    static PairTls& tls() {
        static PairTls made;
        return made;
    }
};

TEST_P(StreamFaults, EveryReadFailing) {
    fail_every(Operation::read, Failure::error);
}
TEST_P(StreamFaults, EveryReadBeingTheEnd) {
    fail_every(Operation::read, Failure::eof);
}
TEST_P(StreamFaults, EveryReadBlocking) {
    fail_every(Operation::read, Failure::would_block);
}
TEST_P(StreamFaults, EveryWriteFailing) {
    fail_every(Operation::write, Failure::error);
}
TEST_P(StreamFaults, EveryWriteToAPeerThatEnded) {
    fail_every(Operation::write, Failure::eof);
}
TEST_P(StreamFaults, EveryWriteBlocking) {
    fail_every(Operation::write, Failure::would_block);
}

TEST_P(StreamFaults, WritesOfEverySizeArriveInOrder) {
    for (std::size_t size = 1; size < 300; size += size < 24 ? 1 : 37) {
        SCOPED_TRACE(size);
        EchoLife life(tls(), GetParam(), unchanged());
        life.to_send[2].resize(3'000);
        life.to_server->bytes_a_write = life.to_client->bytes_a_write = size;
        life.run();
        expect_success(life);
    }
}

TEST_P(StreamFaults, WritesIntoASocketOfAnyRoomArriveInOrder) {
    for (const std::size_t room : {1UL, 2UL, 3UL, 17UL, 126UL, 1'000UL, 16'400UL}) {
        SCOPED_TRACE(room);
        EchoLife life(tls(), GetParam(), unchanged());
        life.to_send[2].resize(room < 100 ? 700 : 70'000, 'y');
        life.to_server->room = life.to_client->room = room;
        life.run();
        expect_success(life);
    }
}

TEST_P(StreamFaults, ReadsOfEverySizeGiveTheSame) {
    for (std::size_t size = 1; size < 300; size += size < 16 ? 1 : 61) {
        SCOPED_TRACE(size);
        EchoLife life(tls(), GetParam(), unchanged());
        life.to_send[2].resize(2'000);
        life.to_server->bytes_a_read = life.to_client->bytes_a_read = size;
        life.run();
        expect_success(life);
    }
}

INSTANTIATE_TEST_SUITE_P(Plain, StreamFaults, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Tls, StreamFaults, testing::Values(true));

}  // namespace
}  // namespace pinwheel::test
