// Legs over real sockets, before simulated venues in processes of their own: sections 6 and 7 of the feed's
// rules. PINWHEEL_ROTATIONS, PINWHEEL_KILLS: how many, in place of a few.
#include "leg_support.h"

#include "../../support/temp_dir.h"

namespace pinwheel::test {
namespace {

class Legs : public testing::Test {
  protected:
    [[nodiscard]] VenueProcess venue() const { return VenueProcess(profile, "127.0.0.1"); }

    const TempDir folder;
    const std::string text = patient_venue();
    const std::string profile = folder.write("deribit.json", text);
};

TEST_F(Legs, Section6RotationsAtSpeedLoseNothingAndBringNothingTwice) {
    for (const std::size_t legs : {std::size_t{1}, std::size_t{2}}) {
        VenueProcess venue = this->venue();
        Consumer consumer(text, {venue.url()}, legs);
        for (std::size_t leg = 0; leg < legs; ++leg) consumer.follow(leg);
        const std::size_t rotations = times_of("PINWHEEL_ROTATIONS", 50);
        while (consumer.feed().stats().rotations < rotations) {
            consumer.feed().rotate();
            consumer.turn_until([&, until = consumer.feed().stats().rotations + legs] {
                return consumer.feed().stats().rotations >= until && consumer.feed().legs_up() == legs;
            });
        }
        consumer.receive(100);
        consumer.expect_whole();
        EXPECT_NE(venue.end().find("\n0 violations"), std::string::npos);
    }
}

TEST_F(Legs, Section7KillingALegsVenueLosesNothingWhileAnotherLegLives) {
    VenueProcess venues[] = {venue(), venue()};
    Consumer consumer(text, {venues[0].url(), venues[1].url()}, 2, &Consumer::hold_long);
    consumer.follow(0);
    consumer.follow(1);
    const std::size_t kills = times_of("PINWHEEL_KILLS", 10);
    for (std::size_t i = 0; i < kills; ++i) {
        const std::size_t leg = i % 2;
        venues[leg].kill();
        consumer.wait_for(leg, LegState::connecting);
        consumer.receive(50);
        venues[leg].start();
        consumer.follow(leg);
    }
    consumer.expect_whole();
    EXPECT_GE(consumer.feed().leg_session(0)->generation(), kills / 2);
}

TEST_F(Legs, Section7AVenueThatStandsStillOnOneLegDelaysAndLosesNothing) {
    VenueProcess venues[] = {venue(), venue()};
    Consumer consumer(text, {venues[0].url(), venues[1].url()}, 2);
    consumer.follow(0);
    consumer.follow(1);
    for (std::size_t i = 0; i < times_of("PINWHEEL_KILLS", 6); ++i) {
        const std::size_t leg = i % 2;
        venues[leg].signal(SIGSTOP);
        consumer.receive(400);
        venues[leg].signal(SIGCONT);
        consumer.follow(leg, 400);
    }
    consumer.expect_whole();
    EXPECT_EQ(consumer.feed().leg_session(0)->generation(), 1U);
}

/// The feed goes on from where the last leg left off, or tells what is missing.
TEST_F(Legs, Section7WithoutALegThatLivesTheHoleIsTold) {
    VenueProcess venues[] = {venue(), venue()};
    std::uint64_t gaps = 0;
    Consumer consumer(text, {venues[0].url(), venues[1].url()}, 2,
                      [&](FeedOptions& options) { options.on_gap = [&](const FeedGap&) { ++gaps; }; });
    consumer.follow(0);
    consumer.follow(1);
    for (auto& one : venues) one.kill();
    consumer.turn_until([&] { return consumer.feed().legs_up() == 0; });
    for (auto& one : venues) one.start();
    consumer.follow(0);
    consumer.follow(1);
    EXPECT_GE(gaps, 1U);
}

}  // namespace
}  // namespace pinwheel::test
