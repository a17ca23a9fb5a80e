#include "../../net/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <tuple>

#include "../support/dns_server.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::DnsReply;
using test::DnsServer;
using test::turn_until;
using Texts = std::vector<std::string>;

/// Records the result of a query.
struct Answer {
    void take(const Error& its_error, std::span<const Endpoint> its_addresses) {
        ++calls;
        error = its_error;
        for (const auto& address : its_addresses) addresses.push_back(address.to_string());
        EXPECT_EQ(its_addresses.empty(), its_error.failed());
    }
    [[nodiscard]] bool has(const std::string& address) const {
        return std::ranges::find(addresses, address) != addresses.end();
    }
    int calls = 0;
    Error error;
    Texts addresses;
};

class ResolverTest : public testing::Test {
  protected:
    [[nodiscard]] std::unique_ptr<Resolver::Query> ask(const std::string& host, Answer& into) {
        return resolver.resolve(host, 443, Resolver::Callback::member<&Answer::take>(into));
    }
    const Answer& resolve(const std::string& host) {
        const auto query = ask(host, answer);
        EXPECT_EQ(answer.calls, 0) << "answered from inside";
        turn_until(reactor, [&] { return answer.calls > 0; });
        return answer;
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    DnsServer server{reactor};
    Resolver resolver{reactor, {.timeout = 5s, .servers = server.servers()}};
    Answer answer;
};

TEST_F(ResolverTest, GivesTheAddressesOfBothFamiliesWithThePort) {
    server.set("feed.test", {"192.0.2.1", "2001:db8::1", "192.0.2.2"});
    resolve("feed.test");
    EXPECT_FALSE(answer.error.failed());
    EXPECT_EQ(answer.addresses.size(), 3U);
    for (const char* address : {"192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"})
        EXPECT_TRUE(answer.has(address)) << address;
    EXPECT_EQ(server.questions().size(), 2U);
}

TEST_F(ResolverTest, KeepsTheOrderOfTheServer) {
    Texts sent;
    Texts expected;
    for (int i = 20; i > 0; --i) {
        sent.push_back("192.0.2." + std::to_string(i));
        expected.push_back(sent.back() + ":443");
    }
    server.set("feed.test", sent);
    EXPECT_EQ(resolve("feed.test").addresses, expected);
}

TEST_F(ResolverTest, AFamilyWithoutRecordsIsNotAnError) {
    server.set("four.test", {"192.0.2.1"});
    EXPECT_EQ(resolve("four.test").addresses, Texts{"192.0.2.1:443"});
    server.set("six.test", {"2001:db8::1"});
    answer = {};
    EXPECT_EQ(resolve("six.test").addresses, Texts{"[2001:db8::1]:443"});
}

TEST_F(ResolverTest, AFailedFamilyDoesNotAffectTheSecondOne) {
    server.set("feed.test", {"192.0.2.1"});
    for (const auto kind : {DnsReply::Kind::server_failure, DnsReply::Kind::no_such_name}) {
        server.set("feed.test", AF_INET6, {.kind = kind});
        answer = {};
        EXPECT_EQ(resolve("feed.test").addresses, Texts{"192.0.2.1:443"});
        EXPECT_FALSE(answer.error.failed()) << answer.error.message();
    }
}

TEST_F(ResolverTest, ASilentFamilyDelaysTheSecondOneForFiftyMillisecondsOnly) {
    for (const int silent : {AF_INET, AF_INET6}) {
        server.set("feed.test", {"192.0.2.1", "2001:db8::1"});
        server.set("feed.test", silent, {.kind = DnsReply::Kind::silence});
        answer = {};
        const auto answered = server.answers();
        const auto query = ask("feed.test", answer);
        turn_until(reactor, [&] { return server.answers() > answered; });
        for (int i = 0; i < 20; ++i)
            reactor.poll_for(1ms);  // for the answer to arrive; after this only time can end the query
        clock.advance(49ms);
        reactor.poll();
        EXPECT_EQ(answer.calls, 0);
        turn_until(reactor, [&] {
            clock.advance(1ms);
            return answer.calls > 0;
        });
        EXPECT_EQ(answer.addresses, Texts{silent == AF_INET ? "[2001:db8::1]:443" : "192.0.2.1:443"});
    }
}

TEST_F(ResolverTest, AnAnswerTooLongForADatagramIsFetchedOverTcp) {
    DnsReply reply{.truncated = true};
    for (int i = 1; i <= 100; ++i) reply.addresses.push_back("192.0.2." + std::to_string(i));
    server.set("feed.test", AF_INET, reply);
    server.set("feed.test", AF_INET6, {});
    EXPECT_EQ(resolve("feed.test").addresses.size(), 100U);
    EXPECT_EQ(std::ranges::count(server.questions(), "A feed.test tcp"), 1);
}

TEST_F(ResolverTest, ANameThatIsNotThereIsAnErrorThatNamesIt) {
    resolve("nosuch.test");
    EXPECT_EQ(answer.error.code, Errc::host_not_found);
    EXPECT_EQ(answer.error.message(),
              "cannot resolve 'nosuch.test': no such name; check the host in the URL");
}

TEST_F(ResolverTest, ANameWithoutAddressesIsNotFound) {
    server.set("empty.test", Texts{});
    EXPECT_EQ(resolve("empty.test").error.code, Errc::host_not_found);
}

TEST_F(ResolverTest, AServerThatFailsIsAnErrorOfResolving) {
    server.set("feed.test", {.kind = DnsReply::Kind::server_failure});
    resolve("feed.test");
    EXPECT_EQ(answer.error.code, Errc::resolve_failed);
    EXPECT_NE(answer.error.message().find("'feed.test'"), std::string::npos);
    EXPECT_NE(answer.error.message().find("/etc/resolv.conf"), std::string::npos);
}

TEST_F(ResolverTest, AFailedServerOutweighsOneThatDoesNotKnowTheName) {
    for (const int failing : {AF_INET, AF_INET6}) {
        server.set("feed.test", {.kind = DnsReply::Kind::no_such_name});
        server.set("feed.test", failing, {.kind = DnsReply::Kind::server_failure});
        answer = {};
        EXPECT_EQ(resolve("feed.test").error.code, Errc::resolve_failed);
    }
}

TEST_F(ResolverTest, ASilentServerIsGivenUpAtTheTimeout) {
    server.set("feed.test", {.kind = DnsReply::Kind::silence});
    const auto query = ask("feed.test", answer);
    turn_until(reactor, [&] { return server.questions().size() == 2; });
    clock.advance(5s - 1ms);
    reactor.poll();
    EXPECT_EQ(answer.calls, 0);
    clock.advance(2ms);
    reactor.poll();
    ASSERT_EQ(answer.calls, 1);
    EXPECT_EQ(answer.error.code, Errc::resolve_timeout);
    EXPECT_NE(answer.error.message().find("'feed.test'"), std::string::npos);
}

/// The address of a name server without a listener: the system answers with ICMP.
std::string refusing_server(const std::string& address = "127.0.0.1") {
    Reactor reactor;
    return DnsServer(reactor, address).servers();
}

TEST_F(ResolverTest, N7ARefusalByAServerIsReportedWithoutWaiting) {
    for (const std::string& servers :
         {refusing_server(), refusing_server() + "," + refusing_server("127.0.0.2")}) {
        Resolver refused(reactor, {.timeout = 5s, .servers = servers});
        answer = {};
        const auto query =
            refused.resolve("feed.test", 443, Resolver::Callback::member<&Answer::take>(answer));
        turn_until(reactor, [&] { return answer.calls > 0; });  // the clock does not move
        EXPECT_EQ(answer.error.code, Errc::resolve_failed);
        EXPECT_NE(answer.error.message().find("refused"), std::string::npos) << answer.error.message();
        EXPECT_EQ(answer.error.message().find("in time"), std::string::npos) << answer.error.message();
    }
}

TEST_F(ResolverTest, N7ARefusalIsReportedBesideASilentServer) {
    server.set("feed.test", {.kind = DnsReply::Kind::silence});
    Resolver mixed(reactor, {.timeout = 5s, .servers = refusing_server() + "," + server.servers()});
    const auto query = mixed.resolve("feed.test", 443, Resolver::Callback::member<&Answer::take>(answer));
    turn_until(reactor, [&] { return server.questions().size() >= 2; });
    clock.advance(6s);
    turn_until(reactor, [&] { return answer.calls > 0; });
    EXPECT_EQ(answer.error.code, Errc::resolve_failed);
    EXPECT_NE(answer.error.message().find("refused"), std::string::npos) << answer.error.message();
}

TEST_F(ResolverTest, LiteralsNeedNoServer) {
    for (const auto& [host, text] :
         {std::pair{"192.0.2.7", "192.0.2.7:443"}, {"2001:db8::7", "[2001:db8::7]:443"}}) {
        answer = {};
        EXPECT_EQ(resolve(host).addresses, Texts{text});
    }
    EXPECT_TRUE(server.questions().empty());
}

/// H5: a text with a colon is not a name. A missing interface may appear later.
TEST_F(ResolverTest, H5AMalformedAddressCausesNoQuery) {
    for (const auto& [host, code, text] :
         {std::tuple("fe80::1%nosuch", Errc::network_unreachable, "this machine has no interface 'nosuch'"),
          {"::zz", Errc::host_not_found, "neither a name nor an address"},
          {"::zz%lo", Errc::host_not_found, "neither a name nor an address"}}) {
        answer = {};
        const Error error = resolve(host).error;
        EXPECT_EQ(error.code, code) << host;
        EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
    }
    EXPECT_TRUE(server.questions().empty());
}

TEST_F(ResolverTest, LocalhostNeedsNoServer) {
    resolve("localhost");
    EXPECT_TRUE(answer.has("127.0.0.1:443"));
    EXPECT_TRUE(server.questions().empty());
}

/// RFC 6761 section 6.3, even without an entry in /etc/hosts.
TEST_F(ResolverTest, NamesUnderLocalhostAreThisHost) {
    for (const auto* host : {"feed.localhost", "FEED.LocalHost."}) {
        answer = {};
        EXPECT_EQ(resolve(host).addresses, (Texts{"[::1]:443", "127.0.0.1:443"})) << host;
    }
    EXPECT_TRUE(server.questions().empty());
    server.set("notlocalhost", {"192.0.2.9"});
    answer = {};
    EXPECT_EQ(resolve("notlocalhost").addresses, Texts{"192.0.2.9:443"});
}

TEST_F(ResolverTest, ADroppedQueryIgnoresItsAnswer) {
    server.set("feed.test", {"192.0.2.1"});
    auto dropped = ask("feed.test", answer);
    dropped.reset();
    Answer later;
    const auto query = ask("feed.test", later);
    turn_until(reactor, [&] { return later.calls > 0; });
    EXPECT_EQ(server.answers(), 4U);
    clock.advance(10s);
    reactor.poll();
    EXPECT_EQ(answer.calls, 0);
    EXPECT_EQ(later.calls, 1);
}

TEST_F(ResolverTest, AQueryMayBeDroppedByTheAnswerOfAnother) {
    server.set("a.test", {"192.0.2.1"});
    std::unique_ptr<Resolver::Query> second;
    auto drop = [&](const Error&, std::span<const Endpoint>) { second.reset(); };
    const auto first = resolver.resolve("a.test", 1, Resolver::Callback(drop));
    server.set("b.test", {.kind = DnsReply::Kind::silence});
    second = ask("b.test", answer);
    turn_until(reactor, [&] { return second == nullptr; });
    clock.advance(10s);
    reactor.poll();
    EXPECT_EQ(answer.calls, 0);
}

TEST_F(ResolverTest, ManyQueriesAtOnceEachGetTheirOwnAnswer) {
    std::vector<Answer> answers(100);
    std::vector<std::unique_ptr<Resolver::Query>> queries;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto number = std::to_string(i);
        server.set("host" + number + ".test", {"192.0.2." + number});
        queries.push_back(ask("host" + number + ".test", answers[i]));
    }
    turn_until(reactor,
               [&] { return std::ranges::all_of(answers, [](const Answer& a) { return a.calls > 0; }); });
    for (std::size_t i = 0; i < answers.size(); ++i)
        EXPECT_EQ(answers[i].addresses, Texts{"192.0.2." + std::to_string(i) + ":443"});
}

TEST_F(ResolverTest, EndsWithItsQueriesUnderWayAndLeavesNoDescriptor) {
    const auto before = test::open_descriptors();
    server.set("feed.test", {.kind = DnsReply::Kind::silence});
    {
        Resolver short_lived(reactor, {.servers = server.servers()});
        auto query = short_lived.resolve("feed.test", 1, Resolver::Callback::member<&Answer::take>(answer));
        turn_until(reactor, [&] { return server.questions().size() == 2; });
        EXPECT_GT(test::open_descriptors(), before);
        query.reset();
    }
    reactor.poll();
    EXPECT_EQ(test::open_descriptors(), before);
    EXPECT_EQ(answer.calls, 0);
}

TEST_F(ResolverTest, AMalformedListOfServersIsAnErrorThatShowsIt) {
    try {
        Resolver bad(reactor, {.servers = "not a server"});
        FAIL() << "it was taken";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), make_error_code(Errc::invalid_argument));
        EXPECT_NE(std::string(error.what()).find("'not a server'"), std::string::npos);
    }
}

}  // namespace
}  // namespace pinwheel
