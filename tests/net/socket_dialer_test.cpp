#include "../../net/socket_dialer.h"

#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::DialOutcome;
using test::turn_until;

class SocketDialerTest : public testing::Test {
  protected:
    void accept(UniqueFd socket) { accepted.push_back(std::move(socket)); }
    Listener listen(const char* address, int backlog = 16, std::uint16_t port = 0) {
        return Listener(reactor, *Endpoint::parse(address, port),
                        Listener::Accepted::member<&SocketDialerTest::accept>(*this), backlog);
    }

    Reactor reactor;
    Resolver resolver{reactor};
    SocketDialer dialer{reactor, resolver, nullptr};
    DialOutcome outcome;
    std::vector<UniqueFd> accepted;
};

TEST_F(SocketDialerTest, ConnectsToLiteralsOfBothFamilies) {
    for (const char* address : {"127.0.0.1", "::1"}) {
        DialOutcome reached;
        Listener listener = listen(address);
        const auto dial = dialer.dial({address, listener.endpoint().port(), false}, reached);
        EXPECT_FALSE(reached.over());
        turn_until(reactor, [&] { return reached.over() && !accepted.empty(); });
        ASSERT_NE(reached.stream, nullptr) << reached.error->message();
        EXPECT_TRUE(reached.warnings.empty());
        accepted.clear();
    }
}

TEST_F(SocketDialerTest, BytesComeWithTheKernelsTimeOfArrival) {
    Listener listener = listen("127.0.0.1");
    const auto dial = dialer.dial({"127.0.0.1", listener.endpoint().port(), false}, outcome);
    turn_until(reactor, [&] { return outcome.over() && !accepted.empty(); });
    std::array<std::byte, 16> buffer{};
    EXPECT_EQ(outcome.stream->read_some(buffer).status, IoStatus::would_block);
    const auto before = std::chrono::system_clock::now();
    ASSERT_EQ(::send(accepted[0].get(), "hello", 5, 0), 5);
    IoResult got = IoResult::again();
    while (got.status == IoStatus::would_block) got = outcome.stream->read_some(buffer);
    EXPECT_EQ(got.bytes, 5U);
    // The first packets after the option is set may have no stamp. Then the time is the epoch, not a wrong
    // time.
    const SystemTime arrival = outcome.stream->status().arrival_time;
    EXPECT_TRUE(arrival == SystemTime{} || arrival >= before);
    accepted.clear();
    do got = outcome.stream->read_some(buffer);
    while (got.status == IoStatus::would_block);
    EXPECT_EQ(got.status, IoStatus::eof);
}

TEST_F(SocketDialerTest, ALocalhostThatListensOnOneFamilyIsReachedWithEither) {
    Listener listener = listen("127.0.0.1");
    const auto dial = dialer.dial({"localhost", listener.endpoint().port(), false}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    EXPECT_NE(outcome.stream, nullptr) << outcome.error->message();
}

TEST_F(SocketDialerTest, ARefusedPortNamesEachAddressThatWasTried) {
    const auto port = test::refused_port();
    const auto dial = dialer.dial({"127.0.0.1", port, false}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, Errc::connection_refused);
    const auto text = std::to_string(port);
    EXPECT_EQ(outcome.error->message(), "cannot connect to 127.0.0.1:" + text + " (127.0.0.1:" + text +
                                            ": Connection refused); is the server up, and the port right?");
}

TEST_F(SocketDialerTest, ANameThatDoesNotResolveIsNamed) {
    const auto dial = dialer.dial({"no such host", 80, false}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(error_class(outcome.error->code), ErrorClass::resolve);
    EXPECT_NE(outcome.error->message().find("'no such host'"), std::string::npos);
}

TEST_F(SocketDialerTest, ADialDroppedBeforeItsFirstTurnReportsNothingAndLeaksNoDescriptor) {
    Listener listener = listen("127.0.0.1");
    reactor.poll();
    const auto before = test::open_descriptors();
    auto dial = dialer.dial({"127.0.0.1", listener.endpoint().port(), false}, outcome);
    dial.reset();
    for (int i = 0; i < 10; ++i) reactor.poll();
    EXPECT_FALSE(outcome.over());
    EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(SocketDialerTest, TlsWithoutAContextIsAnError) {
    Listener listener = listen("127.0.0.1");
    const auto dial = dialer.dial({"127.0.0.1", listener.endpoint().port(), true}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    EXPECT_EQ(outcome.error->code, Errc::tls_setup);
}

TEST_F(SocketDialerTest, AGivenAddressTakesThePlaceOfTheNames) {
    Listener listener = listen("127.0.0.1");
    const auto port = listener.endpoint().port();
    const std::vector<Endpoint> given{*Endpoint::parse("127.0.0.1", test::refused_port()),
                                      *Endpoint::parse("127.0.0.1", 0)};
    const auto dial = dialer.dial({.host = "no such host", .port = port, .addresses = given}, outcome);
    EXPECT_FALSE(outcome.over());
    turn_until(reactor, [&] { return outcome.over() && !accepted.empty(); });
    EXPECT_NE(outcome.stream, nullptr) << outcome.error->message();
}

TEST_F(SocketDialerTest, TheErrorOfAGivenAddressNamesItAndTheHost) {
    const std::vector<Endpoint> given{*Endpoint::parse("127.0.0.1", test::refused_port())};
    const auto dial = dialer.dial({.host = "feed.test", .port = 7, .addresses = given}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    EXPECT_TRUE(
        outcome.error->message().starts_with("cannot connect to feed.test:7 (" + given[0].to_string()))
        << outcome.error->message();
}

TEST_F(SocketDialerTest, RankedAddressesAreEachTriedOnceAndThenTheFastestFirst) {
    Listener listener = listen("127.0.0.1");
    const auto port = listener.endpoint().port();
    SocketDialer ranking(reactor, resolver, nullptr, {.rank_by_connect_time = true});
    const std::vector<Endpoint> given{*Endpoint::parse("127.0.0.1", 0), *Endpoint::parse("127.0.0.2", 0)};
    Listener second = listen("127.0.0.2", 16, port);
    const auto reached = [&] {
        DialOutcome one;
        const auto dial = ranking.dial({.host = "feed.test", .port = port, .addresses = given}, one);
        turn_until(reactor, [&] { return one.over(); });
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        EXPECT_EQ(::getpeername(one.stream->fd(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
        return Endpoint::from(reinterpret_cast<const sockaddr*>(&peer))->address();
    };
    const std::string first = reached();
    const std::string next = reached();
    EXPECT_EQ(first, "127.0.0.1");
    EXPECT_EQ(next, "127.0.0.2") << "it had no time yet";
    const std::string ranked = reached();
    EXPECT_TRUE(ranked == first || ranked == next);
}

TEST_F(SocketDialerTest, AnUnknownInterfaceFailsTheDial) {
    Listener listener = listen("127.0.0.1");
    SocketDialer bound(reactor, resolver, nullptr, {.socket = {.interface = "no-such-if"}});
    const auto dial = bound.dial({"127.0.0.1", listener.endpoint().port(), false}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    EXPECT_NE(outcome.error->message().find("through the interface 'no-such-if'"), std::string::npos)
        << outcome.error->message();
}

TEST_F(SocketDialerTest, ARefusedSourceAddressFailsTheDial) {
    Listener listener = listen("127.0.0.1");
    SocketDialer bound(reactor, resolver, nullptr, {.socket = {.source_address = "192.0.2.7"}});
    const auto dial = bound.dial({"127.0.0.1", listener.endpoint().port(), false}, outcome);
    turn_until(reactor, [&] { return outcome.over(); });
    EXPECT_NE(outcome.error->message().find("192.0.2.7"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
