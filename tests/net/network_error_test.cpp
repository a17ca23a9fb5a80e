// N1, N5, N7, N8: errors of sockets, the addresses that are tried, and their reports.

#include "../../net/network_error_impl.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <vector>

#include "../../core/bounded_text_impl.h"
#include "../../net/socket_dialer.h"
#include "../support/dns_server.h"
#include "../support/no_descriptors.h"
#include "../support/silent_port.h"
#include "../support/temp_dir.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::NoDescriptors;
using test::turn_until;

TEST(NetworkError, N1EveryErrorOfConnectIsTransportAndRetryable) {
    for (const int error :
         {EACCES,    EPERM,        EADDRINUSE,      EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN,      EALREADY,
          EBADF,     ECONNREFUSED, EFAULT,          EINPROGRESS,   EINTR,        EISCONN,     ENETUNREACH,
          ENOTSOCK,  EINVAL,       EPROTOTYPE,      ETIMEDOUT,     EHOSTUNREACH, EHOSTDOWN,   ENETDOWN,
          EPROTO,    ENOBUFS,      ENOMEM,          EMFILE,        ENFILE,       ENOPROTOOPT, ENONET,
          ENETRESET, ECONNABORTED, ECONNRESET,      EPIPE,         EIO,          ENOSPC,      EOPNOTSUPP,
          ENODEV,    ESHUTDOWN,    EPROTONOSUPPORT, EKEYREJECTED}) {
        const Errc code = detail::errc_from_network(error);
        EXPECT_EQ(error_class(code), ErrorClass::transport) << error;
        EXPECT_TRUE(is_retryable(code)) << error;
    }
    for (const int error : {EACCES, EPERM, EINVAL})
        EXPECT_EQ(error_class(errc_from_errno(error)), ErrorClass::usage) << "elsewhere it is the caller's";
}

TEST(NetworkError, N8ATextIsCutAtACharacterBoundaryWithANote) {
    const std::string fits(detail::kMaxErrorText, 'x');
    EXPECT_EQ(detail::bounded_text(fits), fits);
    for (std::size_t shift = 0; shift < 4; ++shift) {
        std::string text(shift, 'x');
        while (text.size() < 100'000) text += "\U0001F600";
        const std::string cut = detail::bounded_text(text);
        EXPECT_LE(cut.size(), detail::kMaxErrorText);
        EXPECT_EQ(cut.find(" ... (") % 4, shift);
        const std::size_t kept = cut.find(" ... (");
        EXPECT_EQ(cut.substr(kept), " ... (" + std::to_string(text.size() - kept) + " bytes more)");
        EXPECT_LE(detail::bounded_text(text, 200).size(), 200U);
    }
}

Endpoint at(const std::string& address) {
    return *Endpoint::parse(address, 1);
}

TEST(FailedAddresses, N5ComeLastTheNewestFailureAtTheEnd) {
    FailedAddresses failed;
    failed.note("feed.test:1", at("1.1.1.1"));
    failed.note("feed.test:1", at("::1"));
    failed.note("other.test:1", at("2.2.2.2"));
    std::vector order{at("::1"), at("1.1.1.1"), at("2.2.2.2"), at("3.3.3.3")};
    failed.put_last("feed.test:1", order);
    EXPECT_EQ(order, (std::vector{at("2.2.2.2"), at("3.3.3.3"), at("1.1.1.1"), at("::1")}));
    failed.note("feed.test:1", at("1.1.1.1"));
    failed.put_last("feed.test:1", order);
    EXPECT_EQ(order, (std::vector{at("2.2.2.2"), at("3.3.3.3"), at("::1"), at("1.1.1.1")}));
    failed.forget("feed.test:1", at("::1"));
    order = {at("::1"), at("1.1.1.1"), at("2.2.2.2")};
    failed.put_last("feed.test:1", order);
    EXPECT_EQ(order, (std::vector{at("::1"), at("2.2.2.2"), at("1.1.1.1")}));
}

TEST(FailedAddresses, N5TheirMemoryIsBounded) {
    FailedAddresses failed;
    for (int i = 0; i < 10'000; ++i) failed.note("host" + std::to_string(i), at("1.1.1.1"));
    EXPECT_EQ(failed.size(), FailedAddresses::kMax);
}

TEST(ConnectTimes, Section7LegsBeginWithTheFastestAddressTheNextAndSoOnInACircle) {
    using namespace std::chrono_literals;
    ConnectTimes times;
    const std::vector all{at("1.1.1.1"), at("2.2.2.2"), at("3.3.3.3")};
    const auto begins_with = [&](std::size_t rank) {
        auto order = all;
        times.put_first("feed.test:1", rank, order);
        return order.front().to_string();
    };
    const auto first = [](const Endpoint& address) { return address.to_string(); };
    EXPECT_EQ(begins_with(1), first(all[0])) << "nothing is known: the order stands";
    EXPECT_EQ(begins_with(2), first(all[1]));
    times.note("feed.test:1", all[1], 9ms);
    times.note("feed.test:1", all[2], 5ms);
    times.note("other.test:1", all[0], 1ms);
    EXPECT_EQ(begins_with(0), first(all[0])) << "rank 0: as the resolver has them";
    EXPECT_EQ(begins_with(1), first(all[2]));
    EXPECT_EQ(begins_with(2), first(all[1]));
    EXPECT_EQ(begins_with(3), first(all[0])) << "what is not known comes last";
    EXPECT_EQ(begins_with(4), first(all[2]));
    times.note("feed.test:1", all[2], 61ms);
    EXPECT_EQ(begins_with(1), first(all[1])) << "a quarter of 56 ms more than 5 ms";
    std::vector<Endpoint> none;
    times.put_first("feed.test:1", 1, none);
    for (int i = 0; i < 10'000; ++i) times.note("host" + std::to_string(i), all[0], 1ms);
    EXPECT_EQ(begins_with(1), first(all[0])) << "the memory is bounded";
}

class Dialing : public testing::Test {
  protected:
    void accept(UniqueFd socket) { accepted.push_back(std::move(socket)); }
    void dial(const std::string& host, std::uint16_t port, SocketDialer& with) {
        outcome.stream.reset();
        outcome.error.reset();
        dial_ = with.dial({host, port, false}, outcome);
    }
    void end_of_dial() {
        turn_until(reactor, [&] { return outcome.over(); });
    }
    [[nodiscard]] std::string peer() const {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        ::getpeername(outcome.stream->fd(), reinterpret_cast<sockaddr*>(&address), &size);
        return Endpoint::from(reinterpret_cast<const sockaddr*>(&address)).value_or(Endpoint()).address();
    }
    [[nodiscard]] Listener listen(const char* address, std::uint16_t port = 0,
                                  Listener::Exhausted exhausted = {}) {
        return Listener(reactor, *Endpoint::parse(address, port),
                        Listener::Accepted::member<&Dialing::accept>(*this), 1024, exhausted);
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    test::DnsServer server{reactor};
    Resolver resolver{reactor, {.servers = server.servers()}};
    SocketDialer dialer{reactor, resolver, nullptr};
    std::vector<UniqueFd> accepted;
    test::DialOutcome outcome;
    std::unique_ptr<Dial> dial_;
};

TEST_F(Dialing, N5AnAddressThatWasRatedDownIsTriedLastUntilItIsRatedUp) {
    const Listener first = listen("127.0.0.1");
    const std::uint16_t port = first.endpoint().port();
    const Listener second = listen("127.0.0.2", port);
    server.set("feed.test", {"127.0.0.1", "127.0.0.2"});
    const auto reached = [&] {
        dial("feed.test", port, dialer);
        end_of_dial();
        return outcome.stream ? peer() : outcome.error->message();
    };
    EXPECT_EQ(reached(), "127.0.0.1");
    outcome.stream->details().rate_peer(false);
    EXPECT_EQ(reached(), "127.0.0.2");
    EXPECT_EQ(reached(), "127.0.0.2");
    outcome.stream->details().rate_peer(false);
    EXPECT_EQ(reached(), "127.0.0.1");
    outcome.stream->details().rate_peer(true);
    EXPECT_EQ(reached(), "127.0.0.1");
}

/// fe80::1 without its interface is a usage error for IPv6, and has no address for IPv4.
TEST_F(Dialing, N1BeforeTcpAnAttemptMayPassIfTheWayToAnyAddressMay) {
    server.set("both.test", AF_INET, {.addresses = {"127.0.0.1"}});
    server.set("both.test", AF_INET6, {.addresses = {"::1"}});
    server.set("v6.test", AF_INET, {.addresses = {}});
    server.set("v6.test", AF_INET6, {.addresses = {"::1"}});
    for (const bool prefer_ipv4 : {false, true}) {
        SocketDialer from_nowhere(reactor, resolver, nullptr,
                                  {.socket = {.source_address = "fe80::1"}, .prefer_ipv4 = prefer_ipv4});
        dial("v6.test", 1, from_nowhere);
        end_of_dial();
        ASSERT_TRUE(outcome.error);
        EXPECT_EQ(outcome.error->code, Errc::invalid_argument) << outcome.error->message();
        dial("both.test", 1, from_nowhere);
        end_of_dial();
        ASSERT_TRUE(outcome.error);
        EXPECT_EQ(outcome.error->code, Errc::address_not_available) << outcome.error->message();
        EXPECT_TRUE(is_retryable(outcome.error->code));
        EXPECT_NE(outcome.error->message().find("[::1]:1: "), std::string::npos);
        EXPECT_NE(outcome.error->message().find("127.0.0.1:1: "), std::string::npos);
    }
}

/// The dialer has no TLS: a permanent error of the address that accepted.
TEST_F(Dialing, N1AfterTcpTheErrorOfTheAddressThatAcceptedDecides) {
    const Listener live = listen("127.0.0.2");
    server.set("feed.test", {"127.0.0.1", "127.0.0.2"});
    dial_ = dialer.dial({"feed.test", live.endpoint().port(), true}, outcome);
    end_of_dial();
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, Errc::tls_setup) << outcome.error->message();
    EXPECT_FALSE(is_retryable(outcome.error->code));
}

TEST_F(Dialing, Section7LegsSpreadOverTheAddressesOfTheirHost) {
    const Listener first = listen("127.0.0.1");
    const std::uint16_t port = first.endpoint().port();
    const Listener second = listen("127.0.0.2", port);
    server.set("feed.test", {"127.0.0.1", "127.0.0.2"});
    const auto reached = [&](std::size_t rank) {
        outcome.stream.reset();
        dial_ = dialer.dial({.host = "feed.test", .port = port, .rank = rank}, outcome);
        end_of_dial();
        return outcome.stream ? peer() : outcome.error->message();
    };
    const std::string one = reached(1);
    const std::string two = reached(2);
    EXPECT_NE(one, two);
    EXPECT_EQ(reached(0), "127.0.0.1") << "without a rank the resolver's order stands";
}

TEST_F(Dialing, N5AStreamMayOutliveItsDialer) {
    const Listener listener = listen("127.0.0.1");
    {
        SocketDialer gone(reactor, resolver, nullptr);
        dial("127.0.0.1", listener.endpoint().port(), gone);
        end_of_dial();
        dial_.reset();
    }
    outcome.stream->details().rate_peer(false);
    outcome.stream->details().rate_peer(true);
}

/// This many addresses of 127/8 without a listener.
std::vector<std::string> addresses(int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i)
        all.push_back("127.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
    return all;
}

TEST_F(Dialing, N8OfThousandsOfRefusingAddressesAFewAreTriedAndFewerNamed) {
    test::DnsReply many{.addresses = addresses(3900), .truncated = true};
    server.set("feed.test", AF_INET, many);
    server.set("feed.test", AF_INET6, {.addresses = {}});
    dial("feed.test", test::refused_port(), dialer);
    end_of_dial();
    ASSERT_TRUE(outcome.error);
    const std::string text = outcome.error->message();
    EXPECT_EQ(outcome.error->code, Errc::connection_refused);
    EXPECT_LE(text.size(), detail::kMaxErrorText);
    EXPECT_NE(text.find("127.1.0.8:"), std::string::npos) << text;
    EXPECT_EQ(text.find("127.1.0.9:"), std::string::npos) << text;
    EXPECT_NE(text.find(", and 56 more)"), std::string::npos) << text;
}

TEST_F(Dialing, N8OfSilentAddressesTheOldestGivesWay) {
    std::vector<std::unique_ptr<test::SilentPort>> silent;
    const Listener live = listen("127.0.0.1");
    const std::uint16_t port = live.endpoint().port();
    std::vector<std::string> all = addresses(20);
    for (const auto& address : all) silent.push_back(std::make_unique<test::SilentPort>(address, port));
    all.emplace_back("127.0.0.1");
    server.set("feed.test", all);
    const std::size_t before = test::open_descriptors();
    dial("feed.test", port, dialer);
    turn_until(reactor, [&] { return server.answers() == 2; });
    std::size_t most = 0;
    for (int i = 0; i < 20; ++i) {
        for (int turn = 0; turn < 5; ++turn) reactor.poll_for(1ms);
        most = std::max(most, test::open_descriptors() - before);
        EXPECT_FALSE(outcome.over());
        EXPECT_EQ(dial_->waiting_for().code, Errc::connect_timeout);
        EXPECT_LE(dial_->waiting_for().detail.size(), 400U);
        clock.advance(250ms);
    }
    end_of_dial();
    ASSERT_NE(outcome.stream, nullptr) << outcome.error->message();
    EXPECT_EQ(peer(), "127.0.0.1");
    EXPECT_LE(most, kMaxAddressesInFlight + 2) << "with the resolver's own";
}

TEST_F(Dialing, N8ARefusedSocketOptionIsReportedOnceForAllAddresses) {
    SocketDialer with_option(reactor, resolver, nullptr, {.socket = {.busy_poll_us = -1}});
    server.set("feed.test", addresses(10));
    dial("feed.test", test::refused_port(), with_option);
    end_of_dial();
    EXPECT_EQ(outcome.warnings.size(), 1U);
}

TEST_F(Dialing, N7AShortageOfDescriptorsIsReportedAndEndsTheTries) {
    server.set("feed.test", addresses(10));
    const Listener listener = listen("127.0.0.1");
    dial("127.0.0.1", listener.endpoint().port(), dialer);
    {
        const NoDescriptors none;
        end_of_dial();
    }
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, Errc::out_of_descriptors);
    const auto port = std::to_string(listener.endpoint().port());
    EXPECT_EQ(outcome.error->message(),
              "cannot connect to 127.0.0.1:" + port + " (127.0.0.1:" + port +
                  ": Too many open files); close descriptors, or raise the limit of open files (ulimit -n)");
}

TEST_F(Dialing, N7AShortageOfDescriptorsForACertificateFileIsReported) {
    const test::TempDir dir;
    const std::string file = dir.write("ca.pem", "");
    const NoDescriptors none;
    try {
        const TlsContext context({.ca_file = file});
        FAIL() << "it was read";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), make_error_code(Errc::out_of_descriptors)) << error.what();
        EXPECT_NE(std::string(error.what()).find("Too many open files; close descriptors"), std::string::npos)
            << error.what();
    }
}

/// N7, M2: a turn without descriptors costs nothing, and the reason is reported once.
TEST_F(Dialing, N7AListenerWithoutDescriptorsWaitsInPlaceOfSpinning) {
    std::vector<Errc> told;
    auto tell = [&](Errc reason) { told.push_back(reason); };
    const Listener listener = listen("127.0.0.1", 0, tell);
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    {
        const NoDescriptors none;
        ASSERT_EQ(::connect(client.get(), listener.endpoint().data(), listener.endpoint().size()), 0);
        turn_until(reactor, [&] { return reactor.poll() > 0; });
        for (int pauses = 0; pauses < 3; ++pauses) {
            for (int i = 0; i < 1000; ++i) EXPECT_EQ(reactor.poll(), 0) << "it spins";
            clock.advance(Listener::kAcceptPause);
            EXPECT_EQ(reactor.poll(), 2) << "the pause ends, and one try fails";
        }
    }
    EXPECT_EQ(told, std::vector{Errc::out_of_descriptors});
    EXPECT_TRUE(accepted.empty());
    clock.advance(Listener::kAcceptPause);
    turn_until(reactor, [&] { return !accepted.empty(); });
}

TEST_F(Dialing, N2ADialFirstWaitsForTheName) {
    server.set("feed.test", {.kind = test::DnsReply::Kind::silence});
    dial("feed.test", 1, dialer);
    EXPECT_EQ(dial_->waiting_for().code, Errc::resolve_timeout);
}

}  // namespace
}  // namespace pinwheel
