#include "../../net/happy_eyeballs.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "../../net/socket_dialer.h"
#include "../support/dns_server.h"
#include "../support/silent_port.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::SilentPort;
using test::turn_until;

Endpoint at(const std::string& address) {
    return *Endpoint::parse(address, 1);
}

TEST(InterleaveFamilies, FamiliesTakeTurnsAndDoublesAreDropped) {
    const std::array addresses{at("1.1.1.1"), at("2.2.2.2"), at("1.1.1.1"),
                               at("::1"),     at("3.3.3.3"), at("::2")};
    const std::vector expected{at("::1"), at("1.1.1.1"), at("::2"), at("2.2.2.2"), at("3.3.3.3")};
    EXPECT_EQ(interleave_families(addresses, AF_INET6), expected);
}

TEST(InterleaveFamilies, ThePreferredFamilyBegins) {
    const std::array addresses{at("::1"), at("::2"), at("1.1.1.1")};
    const std::vector expected{at("1.1.1.1"), at("::1"), at("::2")};
    EXPECT_EQ(interleave_families(addresses, AF_INET), expected);
}

TEST(InterleaveFamilies, OneFamilyAloneKeepsItsOrder) {
    const std::vector addresses{at("3.3.3.3"), at("1.1.1.1"), at("2.2.2.2")};
    EXPECT_EQ(interleave_families(addresses, AF_INET6), addresses);
    EXPECT_TRUE(interleave_families({}, AF_INET6).empty());
}

/// A race over addresses from the name server, on a manual clock. The number of open descriptors shows the
/// number of attempts under way.
class Race : public testing::Test {
  protected:
    void accept(UniqueFd socket) { accepted.push_back(std::move(socket)); }

    /// 127.0.0.1 and the given addresses. Only 127.0.0.1 accepts.
    void begin(const std::vector<std::string>& addresses) {
        server.set("feed.test", addresses);
        before = test::open_descriptors();
        dial = dialer.dial({"feed.test", port(), false}, outcome);
        turn_until(reactor, [&] { return server.answers() == 2; });
    }
    /// Turns without passing time, until the kernel has no more events.
    void settle() {
        for (int i = 0; i < 20; ++i) reactor.poll_for(1ms);
    }
    void advance(Duration by) {
        clock.advance(by);
        settle();
    }
    [[nodiscard]] std::size_t attempts() const { return test::open_descriptors() - before; }
    [[nodiscard]] std::uint16_t port() const { return live.endpoint().port(); }
    [[nodiscard]] std::string peer() const {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        ::getpeername(outcome.stream->fd(), reinterpret_cast<sockaddr*>(&address), &size);
        return Endpoint::from(reinterpret_cast<const sockaddr*>(&address)).value_or(Endpoint()).address();
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    test::DnsServer server{reactor};
    Resolver resolver{reactor, {.servers = server.servers()}};
    SocketDialer dialer{reactor, resolver, nullptr};
    test::DialOutcome outcome;
    std::vector<UniqueFd> accepted;
    Listener live{reactor, *Endpoint::parse("127.0.0.1", 0),
                  Listener::Accepted::member<&Race::accept>(*this)};
    std::unique_ptr<Dial> dial;
    std::size_t before = 0;
};

TEST_F(Race, TenDeadAddressesBeforeALiveOneCostNoTime) {
    std::vector<std::string> addresses;
    for (int i = 2; i <= 11; ++i) addresses.push_back("127.0.0." + std::to_string(i));
    addresses.emplace_back("127.0.0.1");
    begin(addresses);
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_NE(outcome.stream, nullptr) << outcome.error->message();
    EXPECT_EQ(peer(), "127.0.0.1");
    EXPECT_EQ(clock.now(), ManualClock().now());
}

TEST_F(Race, AllThatWereRefusedAreNamed) {
    begin({"127.0.0.2", "127.0.0.3"});
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_TRUE(outcome.error);
    const auto number = std::to_string(port());
    EXPECT_EQ(outcome.error->code, Errc::connection_refused);
    EXPECT_EQ(outcome.error->message(), "cannot connect to feed.test:" + number + " (127.0.0.2:" + number +
                                            ": Connection refused, 127.0.0.3:" + number +
                                            ": Connection refused); is the server up, and the port right?");
    EXPECT_EQ(attempts(), 0U);
}

TEST_F(Race, SilentAddressesAreJoinedByTheNextEach250Milliseconds) {
    const SilentPort first("127.0.0.2", port());
    const SilentPort second("127.0.0.3", port());
    begin({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    settle();
    EXPECT_EQ(attempts(), 1U);
    advance(249ms);
    EXPECT_EQ(attempts(), 1U);
    advance(1ms);
    EXPECT_EQ(attempts(), 2U) << "beside the first, not in its place";
    advance(249ms);
    EXPECT_EQ(attempts(), 2U);
    EXPECT_FALSE(outcome.over());
    clock.advance(1ms);
    turn_until(reactor, [&] { return outcome.over() && !accepted.empty(); });
    ASSERT_NE(outcome.stream, nullptr);
    EXPECT_EQ(peer(), "127.0.0.1");
    EXPECT_EQ(attempts(), 2U) << "the stream and what accepted it: the losers are closed";
    advance(10s);
    EXPECT_EQ(attempts(), 2U) << "nothing else was tried after the win";
}

TEST_F(Race, AnAttemptThatFailsStartsTheNextWithoutTheDelay) {
    const SilentPort silent("127.0.0.2", port());
    begin({"127.0.0.2", "127.0.0.3", "127.0.0.1"});  // nothing listens at .3
    settle();
    EXPECT_FALSE(outcome.over());
    clock.advance(250ms);
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_NE(outcome.stream, nullptr);
    EXPECT_EQ(peer(), "127.0.0.1");
}

TEST_F(Race, ASilentIpv6AddressIsOvertakenByIpv4) {
    const SilentPort silent("::1", port());
    begin({"127.0.0.1", "::1"});
    settle();
    EXPECT_FALSE(outcome.over());
    EXPECT_EQ(attempts(), 1U);
    clock.advance(250ms);
    turn_until(reactor, [&] { return outcome.over() && !accepted.empty(); });
    ASSERT_NE(outcome.stream, nullptr);
    EXPECT_EQ(peer(), "127.0.0.1");
    EXPECT_EQ(attempts(), 2U);
}

TEST_F(Race, ARefusedIpv6AddressCostsNoTime) {
    begin({"127.0.0.1", "::1"});
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_NE(outcome.stream, nullptr);
    EXPECT_EQ(clock.now(), ManualClock().now());
}

TEST_F(Race, ADropInTheMiddleClosesEveryAttempt) {
    const SilentPort first("127.0.0.2", port());
    const SilentPort second("127.0.0.3", port());
    begin({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    settle();
    advance(250ms);
    ASSERT_EQ(attempts(), 2U);
    dial.reset();
    EXPECT_EQ(attempts(), 0U);
    advance(10s);
    EXPECT_FALSE(outcome.over());
    EXPECT_TRUE(accepted.empty());
}

}  // namespace
}  // namespace pinwheel
