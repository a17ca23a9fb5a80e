// N2, N3, N7: /etc/resolv.conf, its changes, its search domains, and name servers that fail.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "../../net/resolver.h"
#include "../support/dns_server.h"
#include "../support/no_descriptors.h"
#include "../support/temp_dir.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::DnsReply;
using test::DnsServer;
using test::NoDescriptors;
using test::turn_until;
using Texts = std::vector<std::string>;
using Kind = DnsReply::Kind;

class ResolverSearch : public testing::Test {
  protected:
    void take(const Error& its_error, std::span<const Endpoint> its_addresses) {
        over = true;
        error = its_error;
        for (const auto& address : its_addresses) addresses.push_back(address.address());
    }
    void configure(const std::string& text) { std::ofstream(path) << text; }
    void ask(const std::string& host) {
        if (!resolver)
            resolver.emplace(
                reactor, ResolverOptions{.timeout = 5s, .servers = server.servers(), .resolv_conf = path});
        over = false;
        addresses.clear();
        query = resolver->resolve(host, 1, Resolver::Callback::member<&ResolverSearch::take>(*this));
    }
    const Texts& resolve(const std::string& host) {
        ask(host);
        turn_until(reactor, [&] { return over; });
        return addresses;
    }
    template <class Done>
    void advance_until(const Done& done) {
        for (; !done(); clock.advance(10ms)) reactor.poll_for(1ms);
    }
    /// The queried names, without duplicates.
    [[nodiscard]] Texts asked() const {
        Texts names;
        for (const auto& question : server.questions()) {
            const std::string name = question.substr(question.find(' ') + 1);
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
        return names;
    }

    test::TempDir dir;
    std::string path = dir.write("resolv.conf", "");
    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    DnsServer server{reactor};
    std::optional<Resolver> resolver;
    std::unique_ptr<Resolver::Query> query;
    bool over = false;
    Error error;
    Texts addresses;
};

constexpr const char* kCluster = "search a.cluster b.cluster\noptions ndots:5\n";

TEST_F(ResolverSearch, N3ASearchDomainWhoseServerFailsInAnyWayDoesNotEndTheSearch) {
    configure(kCluster);
    server.set("feed.test", {"192.0.2.1"});
    for (const Kind kind : {Kind::server_failure, Kind::refusal, Kind::no_such_name, Kind::answer}) {
        server.set("feed.test.a.cluster", {.kind = kind});
        server.set("feed.test.b.cluster", {.kind = kind});
        EXPECT_EQ(resolve("feed.test"), Texts{"192.0.2.1"}) << static_cast<int>(kind);
    }
    EXPECT_EQ(asked(), (Texts{"feed.test.a.cluster", "feed.test.b.cluster", "feed.test"}));
}

TEST_F(ResolverSearch, N3ASilentSearchDomainLeavesTimeForTheNameItself) {
    configure(kCluster);
    server.set("feed.test", {"192.0.2.1"});
    for (const char* name : {"feed.test.a.cluster", "feed.test.b.cluster"})
        server.set(name, {.kind = Kind::silence});
    const TimePoint start = clock.now();
    ask("feed.test");
    advance_until([&] { return over; });
    EXPECT_EQ(addresses, Texts{"192.0.2.1"});
    EXPECT_LT(clock.now() - start, 5s);
}

TEST_F(ResolverSearch, N3TheErrorHasTheQueriedNames) {
    configure(kCluster);
    server.set("feed.test.a.cluster", {.kind = Kind::server_failure});
    EXPECT_TRUE(resolve("feed.test").empty());
    EXPECT_EQ(error.code, Errc::resolve_failed);
    EXPECT_NE(error.message().find("feed.test.b.cluster: no such name, feed.test: no such name"),
              std::string::npos)
        << error.message();
    EXPECT_EQ(
        error.message().find("cannot resolve 'feed.test': every name server failed or refused (asked for "),
        0U)
        << error.message();
}

TEST_F(ResolverSearch, N3TheOrderFollowsTheDotsAsInGlibc) {
    configure("search a.cluster\noptions ndots:2\n");
    for (const auto& [host, expected] : {std::pair{"one.test", Texts{"one.test.a.cluster", "one.test"}},
                                         {"x.two.test", Texts{"x.two.test", "x.two.test.a.cluster"}},
                                         {"whole.test.", Texts{"whole.test"}}}) {
        const std::size_t before = asked().size();
        resolve(host);
        const Texts all = asked();
        EXPECT_EQ(Texts(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()), expected) << host;
    }
}

TEST_F(ResolverSearch, N3AddressesOfTwoNamesAreNotMixed) {
    configure("search a.cluster\noptions ndots:5\n");
    server.set("feed.test.a.cluster", {"192.0.2.2"});
    server.set("feed.test", {"192.0.2.1"});
    EXPECT_EQ(resolve("feed.test"), Texts{"192.0.2.2"});
}

TEST_F(ResolverSearch, N8ThousandsOfSearchDomainsCostFewQuestions) {
    std::string text = "options ndots:5\nsearch";
    for (int i = 0; i < 50; ++i) text += " d" + std::to_string(i) + ".test";
    configure(text + "\n");
    EXPECT_TRUE(resolve("feed").empty());
    EXPECT_LE(asked().size(), 17U);
    EXPECT_EQ(asked().back(), "feed");
    EXPECT_LE(error.message().size(), 600U) << error.message();
}

TEST_F(ResolverSearch, N2EachChangeOfTheFileIsFollowedAndOneThatAppearsToo) {
    std::filesystem::remove(path);
    server.set("feed.a.test", {"192.0.2.1"});
    server.set("feed.b.test", {"192.0.2.2"});
    server.set("feed.c.test", {"192.0.2.3"});
    EXPECT_TRUE(resolve("feed").empty());
    configure("search a.test\n");  // the file appears
    EXPECT_EQ(resolve("feed"), Texts{"192.0.2.1"});
    const auto time = std::filesystem::last_write_time(path);
    std::ofstream(path + ".new") << "search b.test\n";  // of the same size and time, renamed
    std::filesystem::last_write_time(path + ".new", time);
    std::filesystem::rename(path + ".new", path);
    EXPECT_EQ(resolve("feed"), Texts{"192.0.2.2"});
    std::filesystem::rename(path, path + ".old");
    EXPECT_TRUE(resolve("feed").empty());
    std::ofstream(path + ".target") << "search c.test\n";  // as a link
    std::filesystem::create_symlink(path + ".target", path);
    EXPECT_EQ(resolve("feed"), Texts{"192.0.2.3"});
}

TEST_F(ResolverSearch, N2AQueryUnderWaySurvivesAChange) {
    configure("search a.test\n");
    server.set("feed.a.test", {.kind = Kind::silence});
    ask("feed");
    turn_until(reactor, [&] { return server.questions().size() == 2; });
    std::filesystem::remove(path);
    bool other = false;
    auto answered = [&](const Error&, std::span<const Endpoint>) { other = true; };
    const auto second = resolver->resolve("other", 1, Resolver::Callback(answered));
    turn_until(reactor, [&] { return other; });
    EXPECT_FALSE(over);
    advance_until([&] { return over; });
    EXPECT_EQ(error.code, Errc::resolve_timeout) << "with the name server and the time that it began with";
}

TEST_F(ResolverSearch, N7AShortageOfDescriptorsIsNotAFaultOfTheNameServer) {
    server.set("feed.test", {"192.0.2.1"});
    resolve("feed.test");
    {
        const NoDescriptors none;
        configure("never written");  // it cannot be opened
        resolve("other.test");
    }
    EXPECT_EQ(error.code, Errc::out_of_descriptors);
    EXPECT_EQ(error.message(),
              "cannot resolve 'other.test': no name server can be asked: Too many open files; close "
              "descriptors, or raise the limit of open files (ulimit -n)");
    EXPECT_EQ(resolve("feed.test"), Texts{"192.0.2.1"});
}

TEST_F(ResolverSearch, N7AFileThatCannotBeOpenedForWantOfDescriptorsLeavesTheOldConfiguration) {
    configure("search a.test\n");
    server.set("feed.a.test", {"192.0.2.1"});
    resolve("feed");
    configure("search a.test\n# changed\n");
    {
        const NoDescriptors none;
        EXPECT_TRUE(resolve("feed").empty());
        EXPECT_EQ(error.code, Errc::out_of_descriptors) << error.message();
        try {
            const Resolver fresh(reactor, {.resolv_conf = path});
            FAIL() << "it was read";
        } catch (const std::system_error& refused) {
            EXPECT_EQ(refused.code(), make_error_code(Errc::out_of_descriptors)) << refused.what();
        }
    }
    EXPECT_EQ(resolve("feed"), Texts{"192.0.2.1"});
}

}  // namespace
}  // namespace pinwheel
