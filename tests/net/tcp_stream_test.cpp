#include "../../net/tcp_stream.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <string>
#include <string_view>

#include "tcp_pair.h"

namespace pinwheel {
namespace {

class TcpStreamTest : public testing::Test {
  protected:
    static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
    /// Until the kernel has delivered the sent bytes. Only the suite's time limit ends it otherwise.
    static void wait_for_input(const TcpStream& stream) {
        pollfd ready{.fd = stream.fd(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&ready, 1, -1), 1);
    }
    IoResult read(TcpStream& stream) {
        wait_for_input(stream);
        return stream.read_some(buffer);
    }
    [[nodiscard]] std::string text(const IoResult& result) const {
        return {reinterpret_cast<const char*>(buffer.data()), result.bytes};
    }

    test::TcpPair pair;
    TcpStream near{std::move(pair.near)};
    TcpStream far{std::move(pair.far)};
    std::array<std::byte, 64> buffer{};
};

TEST_F(TcpStreamTest, ReadsAvailableBytesUpToTheRequestedSize) {
    EXPECT_EQ(near.read_some(buffer).status, IoStatus::would_block);
    EXPECT_EQ(far.write_some(bytes("hello")).bytes, 5U);
    wait_for_input(near);
    const IoResult first = near.read_some(std::span(buffer).first(2));
    EXPECT_EQ(first.status, IoStatus::ok);
    EXPECT_EQ(text(first), "he");
    EXPECT_TRUE(near.status().filled);
    EXPECT_EQ(text(near.read_some(buffer)), "llo");
    EXPECT_FALSE(near.status().filled);
    EXPECT_EQ(near.read_some(buffer).status, IoStatus::would_block);
    EXPECT_FALSE(near.status().has_buffered_input);
    EXPECT_EQ(near.details().error_detail(), "") << "would_block is no error";
}

TEST_F(TcpStreamTest, TakesAPrefixIfTheKernelHasLittleRoomAndContinuesLater) {
    const std::string large(16 << 20, 'x');
    std::size_t sent = 0;
    IoResult wrote = near.write_some(bytes(large));
    for (; wrote.status == IoStatus::ok; wrote = near.write_some(bytes(large))) sent += wrote.bytes;
    EXPECT_EQ(wrote.status, IoStatus::would_block);
    EXPECT_GT(sent, 0U);
    std::vector<std::byte> sink(1 << 20);
    std::size_t received = 0;
    while (received < sent) {
        wait_for_input(far);
        const IoResult got = far.read_some(sink);
        ASSERT_EQ(got.status, IoStatus::ok);
        received += got.bytes;
    }
    EXPECT_EQ(received, sent);
    pollfd writable{.fd = near.fd(), .events = POLLOUT, .revents = 0};
    ASSERT_EQ(::poll(&writable, 1, -1), 1);
    EXPECT_EQ(near.write_some(bytes("y")).bytes, 1U);
}

TEST_F(TcpStreamTest, AHalfCloseIsTheEndForThePeerAndReadingContinues) {
    near.shutdown_write();
    EXPECT_EQ(read(far).status, IoStatus::eof);
    EXPECT_EQ(far.write_some(bytes("still")).bytes, 5U);
    EXPECT_EQ(text(read(near)), "still");
}

TEST_F(TcpStreamTest, ADestroyedStreamEndsInOrder) {
    { const TcpStream gone(std::move(near)); }
    EXPECT_EQ(read(far).status, IoStatus::eof);
}

TEST_F(TcpStreamTest, AnAbortedStreamIsReset) {
    {
        TcpStream gone(std::move(near));
        gone.abort();
    }
    const IoResult result = read(far);
    EXPECT_EQ(result.status, IoStatus::error);
    EXPECT_EQ(result.error, Errc::connection_reset);
    EXPECT_EQ(far.details().error_detail(), "Connection reset by peer");
}

TEST_F(TcpStreamTest, WritingToAClosedPeerIsAnErrorAndNoSignal) {
    {
        TcpStream gone(std::move(near));
        gone.abort();
    }
    wait_for_input(far);
    std::ignore = far.read_some(buffer);
    const IoResult result = far.write_some(bytes("x"));
    EXPECT_EQ(result.status, IoStatus::error);
    EXPECT_EQ(result.error, Errc::connection_reset);
    EXPECT_EQ(far.details().error_detail(), "Broken pipe");
}

TEST_F(TcpStreamTest, WithoutTimesOfArrivalItIsTheEpoch) {
    ASSERT_EQ(far.write_some(bytes("x")).bytes, 1U);
    EXPECT_EQ(read(near).bytes, 1U);
    EXPECT_EQ(near.status().arrival_time, SystemTime{});
}

TEST(TcpStreamWithTimes, ReadsEndsAndFailsLikeAPlainOne) {
    for (const bool reset : {false, true}) {
        test::TcpPair pair;
        const int on = 1;
        ASSERT_EQ(::setsockopt(pair.near.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), 0);
        TcpStream near(std::move(pair.near), true);
        std::array<std::byte, 8> buffer{};
        EXPECT_EQ(near.read_some(buffer).status, IoStatus::would_block);
        {
            TcpStream far(std::move(pair.far));
            if (reset) far.abort();
        }
        pollfd ready{.fd = near.fd(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&ready, 1, -1), 1);
        const IoResult result = near.read_some(buffer);
        EXPECT_EQ(result.status, reset ? IoStatus::error : IoStatus::eof);
        EXPECT_EQ(result.error, reset ? Errc::connection_reset : Errc::end_of_stream);
    }
}

}  // namespace
}  // namespace pinwheel
