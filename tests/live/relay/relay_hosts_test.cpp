// Five machines: a simulated venue, two relays, a nats-server and a consumer. Links are cut, packets are
// dropped, relays and the server are killed. Needs root.
#include <csignal>
#include <map>
#include <sstream>

#include "../../tools/command.h"
#include "hosts.h"
#include "nats_server.h"
#include "relayed.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr int kVenue = 1, kFirst = 2, kSecond = 3, kServer = 4, kConsumer = 5;

class RelayHosts : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> relay(int host) const {
        return hosts.on(host, pinwheel({"relay", "--venue", "okx-v5", "--url", venue_url(), "--channel",
                                        "trades:BTC-USDT", "--nats", server.url(), "--stream", "OKX",
                                        "--epoll", "--retries", "1000"}));
    }
    [[nodiscard]] std::string venue_url() const {
        return "ws://" + Hosts::address(kVenue) + ":" + port + "/";
    }
    void start_relay(int host) {
        auto& one = relays[host];
        one = std::make_unique<Subprocess>(relay(host), Subprocess::Errors::kept);
        EXPECT_EQ(one->read_line(), "relaying to md.okx-v5.>");
    }
    void kill_relay(int host) {
        relays[host]->signal(SIGKILL);
        relays[host]->wait();
        relays[host].reset();
    }

    Hosts hosts{kConsumer};
    NatsServer server{{}, Hosts::address(kServer), hosts.on(kServer)};
    Subprocess venue{hosts.on(kVenue, pinwheel({"feed", "--venue", "okx-v5", "--address",
                                                Hosts::address(kVenue), "--port", "0"})),
                     Subprocess::Errors::kept};
    const std::string port = venue.read_line();
    std::map<int, std::unique_ptr<Subprocess>> relays;
};

TEST_F(RelayHosts, EachMessageIsInTheStreamOnceWhateverIsCutOrKilled) {
    start_relay(kFirst);
    start_relay(kSecond);
    // What the venue sends, on its own machine.
    Subprocess reference(hosts.on(kVenue, pinwheel({"tail", "--venue", "okx-v5", "--url", venue_url(),
                                                    "--channel", "trades:BTC-USDT", "--epoll"})),
                         Subprocess::Errors::kept);
    const std::string first_line = reference.read_line();
    // The consumer reads all the time, and goes on where it was.
    std::map<std::string, int> stored;
    std::vector<std::string> controls;
    std::map<std::string, int> ids;
    const RelayOptions from{.url = server.url()};
    std::unique_ptr<NatsReader> reader;
    for (int tries = 0; tries < 100 && !reader; ++tries) {
        try {
            reader = std::make_unique<NatsReader>(
                NatsReadOptions{.server = from, .subject = "md.okx-v5.>", .since = SystemTime{}},
                NatsReader::Alert{});
        } catch (const std::runtime_error&) {  // the relays make the stream
            std::this_thread::sleep_for(50ms);
        }
    }
    ASSERT_NE(reader, nullptr);
    const auto read_one = [&](Duration most) {
        const NatsRecord* const record = reader->next(most);
        if (record == nullptr) return false;
        ++ids[record->id];
        if (record->subject.ends_with("._control"))
            controls.push_back(record->payload);
        else
            ++stored[record->payload];
        return true;
    };
    const auto read_for = [&](Duration span) {
        const auto until = std::chrono::steady_clock::now() + span;
        while (std::chrono::steady_clock::now() < until) std::ignore = read_one(20ms);
    };

    read_for(1s);
    hosts.pull_cable(kFirst);
    read_for(4s);  // longer than half of the window of duplicates
    hosts.plug_in(kFirst);
    read_for(2s);
    kill_relay(kSecond);
    read_for(500ms);
    start_relay(kSecond);
    read_for(1s);
    hosts.lose_packets(kFirst, 20);
    hosts.lose_packets(kSecond, 20);
    read_for(3s);
    hosts.lose_no_packets(kFirst);
    hosts.lose_no_packets(kSecond);
    server.stop(SIGKILL);
    read_for(1s);
    server.start();
    read_for(2s);
    hosts.pull_cable(kServer);
    read_for(3500ms);
    hosts.plug_in(kServer);
    read_for(2s);

    reference.signal(SIGTERM);
    const auto sent = reference.finish();
    read_for(2s);
    for (const int host : {kFirst, kSecond}) relays[host]->signal(SIGTERM);
    for (const int host : {kFirst, kSecond}) {
        const auto outcome = relays[host]->finish();
        RecordProperty("relay" + std::to_string(host), outcome.errors + outcome.output);
    }
    while (read_one(1s)) {
    }
    std::string told;
    for (const auto& control : controls) told += control + "\n";
    int count = 0;
    std::istringstream lines(first_line + "\n" + sent.output);
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_EQ(stored[line], 1) << line << "\n" << told;
    EXPECT_GT(count, 200);
    for (const auto& [id, times] : ids) EXPECT_EQ(times, 1) << id;
    EXPECT_EQ(told.find(R"("event":"not_relayed")"), std::string::npos) << told;
}

TEST_F(RelayHosts, ARelayThatBeginsAnewSaysSo) {
    start_relay(kFirst);
    RelayOptions from{.url = server.url()};
    std::this_thread::sleep_for(1s);
    kill_relay(kFirst);
    std::this_thread::sleep_for(500ms);
    start_relay(kFirst);
    std::this_thread::sleep_for(1s);
    relays[kFirst]->signal(SIGTERM);
    std::ignore = relays[kFirst]->finish();
    const StreamContents contents = read_stream(from);
    EXPECT_EQ(contents.doubles(), std::vector<std::string>{});
    int connected = 0;
    for (const auto& control : contents.controls)
        connected += control.find(R"("event":"connected")") != std::string::npos ? 1 : 0;
    EXPECT_EQ(connected, 2);
}

}  // namespace
}  // namespace pinwheel
