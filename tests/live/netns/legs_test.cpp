// Legs to two hosts, and links that are cut: section 7 of the feed's rules.
#include "../legs/leg_support.h"

#include "../../support/temp_dir.h"
#include "two_hosts.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

TEST(NetnsLegs, Section7CuttingTheLinkOfOneLegLosesNothing) {
    TwoHosts hosts;
    const TempDir folder;
    const std::string text = patient_venue();
    const std::string profile = folder.write("deribit.json", text);
    const auto on_server = [&](std::vector<std::string> command) {
        return hosts.on_server(std::move(command));
    };
    VenueProcess first(profile, TwoHosts::kServer, on_server);
    VenueProcess second(profile, TwoHosts::kSecondServer, on_server);
    const char* const addresses[] = {TwoHosts::kServer, TwoHosts::kSecondServer};
    Consumer consumer(text, {first.url(), second.url()}, 2, [](FeedOptions& options) {
        Consumer::hold_long(options);
        options.websocket.ping_interval = 50ms;
        options.websocket.ping_timeout = 500ms;
        options.websocket.connection_timeout = 500ms;
    });
    consumer.follow(0);
    consumer.follow(1);
    for (std::size_t i = 0; i < times_of("PINWHEEL_CUTS", 4); ++i) {
        const std::size_t leg = i % 2;
        hosts.cut_off(addresses[leg]);
        consumer.wait_for(leg, LegState::connecting);
        consumer.receive(100);
        hosts.let_packets_through();
        consumer.follow(leg);
    }
    consumer.expect_whole();
    EXPECT_GE(consumer.feed().leg_session(0)->generation(), 2U);
    EXPECT_GE(consumer.feed().leg_session(1)->generation(), 2U);
}

}  // namespace
}  // namespace pinwheel::test
