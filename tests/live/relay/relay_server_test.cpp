// Relays with a real nats-server: killed, stopped, refusing.
#include <csignal>
#include <cstdlib>

#include "../../../tools/feed/temporary_identity.h"
#include "nats_server.h"
#include "relayed.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

RelayOptions at(const NatsServer& server, const std::string& stream = "OKX") {
    return {.url = server.url(), .stream = stream};
}

TEST(RelayServer, ASubscriberGetsWhatTheRingHolds) {
    for (const char* const stream : {"", "OKX"}) {
        SCOPED_TRACE(stream);
        NatsServer server;
        NatsReader reader({.server = at(server), .subject = "md.okx-v5.>"}, {});
        RelayedFeed feed(at(server, stream), "one");
        ASSERT_TRUE(feed.wait_connected()) << feed.alerts.all();
        for (int i = 1; i <= 1000; ++i) feed.push(i);
        int next = 1;
        for (int patience = 0; next <= 1000 && patience < 100;) {
            const NatsRecord* const record = reader.next(100ms);
            if (record == nullptr) {
                ++patience;
                continue;
            }
            EXPECT_EQ(record->subject, "md.okx-v5.trades.A");
            EXPECT_EQ(record->id, "okx-v5|trades|A|" + std::to_string(next));
            EXPECT_EQ(std::stoi(record->payload), next++);
        }
        EXPECT_EQ(next, 1001);
        EXPECT_TRUE(feed.wait_done());
        EXPECT_EQ(feed.relay().stats().acknowledged, 1000U);
        EXPECT_EQ(feed.relay().stop().code, Errc::ok);
        EXPECT_EQ(feed.alerts.all(), "");
    }
}

TEST(RelayServer, StoppingSendsWhatTheRingHolds) {
    NatsServer server;
    RelayedFeed feed(at(server), "one");
    ASSERT_TRUE(feed.wait_connected());
    for (int i = 1; i <= 20'000; ++i) feed.push(i);
    EXPECT_EQ(feed.relay().stop().message(), Error{}.message());
    expect_whole(read_stream(at(server)), 20'000);
}

TEST(RelayServer, OfTwoRelaysEitherMayBeGoneAtAnyTime) {
    NatsServer server;
    RelayedFeed second(at(server), "two");
    {
        RelayedFeed first(at(server), "one");
        ASSERT_TRUE(first.wait_connected() && second.wait_connected());
        std::thread other([&] { second.feed(1, 6000, 3000); });
        first.feed(1, 2000, 3000);
        other.join();
    }
    RelayedFeed third(at(server), "one");
    third.feed(5900, 8000, 4000);
    EXPECT_TRUE(second.wait_done() && third.wait_done());
    const StreamContents contents = read_stream(at(server));
    expect_whole(contents, 8000);
}

TEST(RelayServer, AServerThatIsKilledAndStartedAgainLosesNothing) {
    NatsServer server;
    RelayedFeed first(at(server), "one");
    RelayedFeed second(at(server), "two");
    ASSERT_TRUE(first.wait_connected() && second.wait_connected());
    std::thread one([&] { first.feed(1, 20'000, 2000); });
    std::thread two([&] { second.feed(1, 20'000, 2000); });
    for (const int signal : {SIGKILL, SIGTERM}) {
        std::this_thread::sleep_for(500ms);
        server.stop(signal);
        // Longer than half of the window of duplicates, so the relay asks for the stream's numbers.
        std::this_thread::sleep_for(3500ms);
        server.start();
    }
    one.join();
    two.join();
    EXPECT_TRUE(first.wait_done() && second.wait_done()) << first.alerts.all();
    expect_whole(read_stream(at(server)), 20'000);
    EXPECT_TRUE(first.alerts.has("relaying again")) << first.alerts.all();
    EXPECT_EQ(first.relay().stats().dropped, 0U);
    EXPECT_EQ(second.relay().stats().dropped, 0U);
    EXPECT_EQ(first.ring().dropped(), 0U);
}

TEST(RelayServer, AStoppedServerIsNotFeltAndWhatComesAfterwardsIsNotOld) {
    const char* const longer = std::getenv("PINWHEEL_LONG_TESTS");
    const Duration pause = longer != nullptr ? Duration{30s} : Duration{3s};
    const std::int64_t last = (pause + 2s) / 1s * 10'000;
    NatsServer server;
    std::vector<std::int64_t> kernel;
    std::atomic<bool> done{false};
    NatsReader reader({.server = at(server), .subject = "md.okx-v5.trades.A"}, {});
    std::thread subscriber([&] {
        while (!done)
            if (const auto* const record = reader.next(50ms)) kernel.push_back(record->kernel_ns);
    });
    RelayedFeed feed(at(server), "one", 20'000);
    ASSERT_TRUE(feed.wait_connected());
    SteadyClock clock;
    Duration worst{};
    std::thread feeding([&] { worst = feed.feed(1, last, 10'000); });
    std::this_thread::sleep_for(500ms);
    server.signal(SIGSTOP);
    const auto stopped = clock.system_now();
    std::this_thread::sleep_for(pause);
    const auto continued = clock.system_now();
    server.signal(SIGCONT);
    feeding.join();
    EXPECT_TRUE(feed.wait_done()) << feed.alerts.all();
    std::this_thread::sleep_for(200ms);
    done = true;
    subscriber.join();
    EXPECT_EQ(feed.ring().dropped(), 0U);
    RecordProperty("worst_turn_us", static_cast<int>(worst.count() / 1000));
    // The server still delivers the messages that it had taken by then: 200 ms of them at most.
    const auto is_old = [&](std::int64_t at) {
        const SystemTime time{Duration{at}};
        return time > stopped + 500ms && time < continued - 1s - 100ms;
    };
    EXPECT_EQ(std::count_if(kernel.begin(), kernel.end(), is_old), 0);
    // Live messages follow the backlog, which keeps the stream's order.
    EXPECT_GT(kernel.size(), 1000U);
    const StreamContents contents = read_stream(at(server));
    EXPECT_EQ(contents.doubles(), std::vector<std::string>{});
    EXPECT_LE(contents.missing(last).size(), feed.relay().stats().dropped);
    if (longer == nullptr) expect_whole(contents, last);
}

TEST(RelayServer, AReaderOfTheStreamGoesOnWhereItWas) {
    NatsServer server;
    RelayedFeed feed(at(server), "one");
    ASSERT_TRUE(feed.wait_connected());
    for (int i = 1; i <= 500; ++i) feed.push(i);
    ASSERT_TRUE(feed.wait_done());
    Lines alerts;
    NatsReader reader({.server = at(server), .subject = "md.okx-v5.trades.*", .last = 100},
                      [&](std::string_view text) { alerts.add(text); });
    int next = 401;
    const auto read_to = [&](int last) {
        for (int patience = 0; next <= last && patience < 200;) {
            const auto* const record = reader.next(100ms);
            if (record == nullptr)
                ++patience;
            else
                EXPECT_EQ(std::stoi(record->payload), next++);
        }
        EXPECT_EQ(next, last + 1);
    };
    read_to(500);
    server.stop(SIGKILL);
    for (int i = 501; i <= 1000; ++i) feed.push(i);
    EXPECT_EQ(reader.next(100ms), nullptr);
    server.start();
    read_to(1000);
    EXPECT_TRUE(alerts.has("reading again")) << alerts.all();
    EXPECT_GE(reader.reconnects(), 1U);
}

TEST(RelayServer, ARefusalOfCredentialsIsToldWithoutThem) {
    const NatsServer server("authorization { user: relay, password: \"s3cret\" }");
    const TempDir folder;
    RelayOptions options = at(server);
    options.credentials_file = folder.write("wrong", "relay:hunter2\n");
    RelayedFeed refused(options, "one");
    for (int i = 0; i < 1000 && refused.alerts.all().empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(refused.alerts.has("uthoriz")) << refused.alerts.all();
    EXPECT_FALSE(refused.alerts.has("hunter2"));
    RelayOptions in_url = at(server);
    in_url.url = "nats://relay:hunter3@127.0.0.1:" + std::to_string(server.port());
    RelayedFeed also_refused(in_url, "two");
    for (int i = 0; i < 1000 && also_refused.alerts.all().empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(also_refused.alerts.has(server.url())) << also_refused.alerts.all();
    EXPECT_FALSE(also_refused.alerts.has("hunter3")) << also_refused.alerts.all();
    options.credentials_file = folder.write("right", "relay:s3cret\n");
    RelayedFeed accepted(options, "three");
    EXPECT_TRUE(accepted.wait_connected()) << accepted.alerts.all();
}

TEST(RelayServer, CertificatesAreVerified) {
    const TemporaryIdentity identity;
    const TemporaryIdentity other;
    const NatsServer server("tls { cert_file: \"" + identity.certificate_file() + "\", key_file: \"" +
                            identity.key_file() + "\" }");
    const auto told = [&](RelayOptions options) {
        RelayedFeed feed(std::move(options), "one");
        for (int i = 0; i < 1000 && feed.alerts.all().empty() && !feed.relay().stats().is_connected; ++i)
            std::this_thread::sleep_for(10ms);
        return feed.alerts.all();
    };
    RelayOptions options = at(server);
    EXPECT_NE(told(options), "") << "a server that wants TLS";
    options.url = server.url("tls");
    EXPECT_NE(told(options), "") << "not the system's authorities";
    options.ca_file = other.authority_file();
    EXPECT_NE(told(options), "") << "another authority";
    options.ca_file = identity.authority_file();
    EXPECT_EQ(told(options), "");
    options.url = "tls://127.0.0.2:" + std::to_string(server.port());
    EXPECT_NE(told(options), "") << "another host's name";
}

TEST(RelayServer, AStoppedServerBehindTlsIsNotFeltEither) {
    const TemporaryIdentity identity;
    NatsServer server("tls { cert_file: \"" + identity.certificate_file() + "\", key_file: \"" +
                      identity.key_file() + "\" }");
    RelayOptions options = at(server);
    options.url = server.url("tls");
    options.ca_file = identity.authority_file();
    options.ack_timeout = 1s;
    options.max_age = 10s;
    RelayedFeed feed(options, "one", 10'000);
    ASSERT_TRUE(feed.wait_connected()) << feed.alerts.all();
    std::thread feeding([&] { std::ignore = feed.feed(1, 20'000, 5000); });
    std::this_thread::sleep_for(300ms);
    server.signal(SIGSTOP);
    // libnats waits inside of a write; the ring of 2 s of messages would be full.
    std::this_thread::sleep_for(3s);
    server.signal(SIGCONT);
    feeding.join();
    EXPECT_TRUE(feed.wait_done()) << feed.alerts.all();
    EXPECT_EQ(feed.ring().dropped(), 0U);
    EXPECT_TRUE(feed.alerts.has("acknowledges nothing")) << feed.alerts.all();
    expect_whole(read_stream(options), 20'000);
}

TEST(RelayServer, OptionsThatCannotBeAreNamed) {
    FeedRing ring(0, 0);
    const auto refusal = [&](RelayOptions options) -> std::string {
        options.venue = "okx-v5";
        try {
            Relay relay(ring.queue(), options);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "none";
    };
    RelayOptions options{.url = "http://127.0.0.1"};
    EXPECT_NE(refusal(options).find("nats://HOST:PORT"), std::string::npos);
    options.url = "nats://127.0.0.1:1";
    options.prefix = "md.*";
    EXPECT_NE(refusal(options).find("prefix"), std::string::npos);
    options.prefix = "md";
    options.stream = "A.B";
    EXPECT_NE(refusal(options).find("stream"), std::string::npos);
    options.stream = "A";
    options.duplicates = 11s;
    EXPECT_NE(refusal(options).find("2 to 10 s"), std::string::npos);
    options.duplicates = 2s;
    options.credentials_file = "/nowhere/creds";
    EXPECT_NE(refusal(options).find("/nowhere/creds"), std::string::npos);
    options.credentials_file.clear();
    options.ca_file = "/nowhere/ca.pem";
    EXPECT_NE(refusal(options).find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
