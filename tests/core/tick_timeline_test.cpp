#include "../../core/tick_timeline.h"

#include <gtest/gtest.h>

#include <random>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kYear = 365 * 24 * 3600ULL;
constexpr TimePoint kStart{std::chrono::hours{5}};

/// Exact, and without shared code: computes whole seconds separately.
std::int64_t exact_ns(std::uint64_t ticks, std::uint64_t hertz) {
    return static_cast<std::int64_t>(ticks / hertz * kSecond + ticks % hertz * kSecond / hertz);
}

TEST(TickScale, IsExactToANanosecondOverTenYearsOfTicks) {
    for (const std::uint64_t hertz : {1'000'000ULL, 24'000'000ULL, 999'999'937ULL, 1'000'000'000ULL,
                                      2'445'404'123ULL, 3'000'000'000ULL, 6'000'000'001ULL}) {
        const auto scale = TickScale::from(hertz, 1s);
        for (const std::uint64_t seconds :
             std::initializer_list<std::uint64_t>{0, 1, 6, 60, kYear, 10 * kYear})
            for (const std::uint64_t more : {0ULL, 1ULL, 12'345ULL, 999'999ULL}) {
                const auto ticks = seconds * hertz + more;
                EXPECT_NEAR(static_cast<double>(scale.to_duration(ticks).count() - exact_ns(ticks, hertz)), 0,
                            1)
                    << hertz << " Hz, " << ticks << " ticks";
            }
    }
}

TEST(TickScale, IsTheSameWhateverTheLengthOfTheMeasurement) {
    const auto ten_ms = TickScale::from(30'000'000, 10ms);
    const auto an_hour = TickScale::from(3'000'000'000 * 3600, 1h);
    EXPECT_EQ(ten_ms.to_duration(kYear * 3 * kSecond), an_hour.to_duration(kYear * 3 * kSecond));
}

TEST(TickScale, SaturatesAtTheLongestDuration) {
    const auto slow = TickScale::from(1, 1s);
    EXPECT_EQ(slow.to_duration(7), 7s);
    EXPECT_EQ(slow.to_duration(~std::uint64_t{0}), Duration::max());
    EXPECT_GT(TickScale::from(3'000'000'000, 1s).to_duration(~std::uint64_t{0}),
              Duration{190 * kYear * kSecond});
}

TEST(TickTimeline, IsCalibratedByTwoAnchors) {
    TickTimeline timeline;
    EXPECT_TRUE(timeline.due(0));
    timeline.anchor(1000, kStart);
    EXPECT_FALSE(timeline.calibrated());
    EXPECT_TRUE(timeline.due(1001));
    timeline.anchor(1000 + 30'000'000, kStart + 10ms);
    ASSERT_TRUE(timeline.calibrated());
    EXPECT_EQ(timeline.at(1000 + 30'000'000), kStart + 10ms);
    EXPECT_EQ(timeline.at(1000 + 60'000'000), kStart + 20ms);
}

TEST(TickTimeline, TwoAnchorsAtOneTickTellNothing) {
    TickTimeline timeline;
    timeline.anchor(1000, kStart);
    timeline.anchor(1000, kStart + 1ms);
    EXPECT_FALSE(timeline.calibrated());
}

/// A counter of 1 GHz, so that ticks are nanoseconds.
struct Calibrated : testing::Test {
    Calibrated() {
        timeline.anchor(0, kStart);
        timeline.anchor(10'000'000, kStart + 10ms);
    }
    TickTimeline timeline;
};

TEST_F(Calibrated, IsDueTenTimesASecond) {
    EXPECT_FALSE(timeline.due(109'999'999));
    EXPECT_TRUE(timeline.due(110'000'000));
    EXPECT_TRUE(timeline.due(9'999'999)) << "a counter that went back";
}

TEST_F(Calibrated, ACountBeforeTheAnchorIsThatOfTheAnchor) {
    EXPECT_EQ(timeline.at(3), kStart + 10ms);
}

TEST_F(Calibrated, AnAnchorBehindDoesNotTurnTimeBack) {
    EXPECT_EQ(timeline.at(90'000'000), kStart + 90ms);
    timeline.anchor(100'000'000, kStart + 80ms);
    EXPECT_EQ(timeline.at(100'000'000), kStart + 90ms);
    EXPECT_EQ(timeline.at(105'000'000), kStart + 90ms);
    EXPECT_GT(timeline.at(130'000'000), kStart + 90ms);
}

TEST_F(Calibrated, DoesNotDriftFromAReferenceOfAnotherRate) {
    // The counter is 50 millionths slower than its first measurement, and drifts.
    std::mt19937_64 random(7);
    double ticks = 10'000'000;
    double rate = 1 - 50e-6;
    TimePoint reference = kStart + 10ms;
    TimePoint last{};
    for (int i = 0; i < 100'000; ++i) {  // 1000 s, ten readings between two anchors
        ticks += 10'000'000 * rate;
        reference += 10ms;
        rate += (static_cast<double>(random() % 2001) - 1000) * 1e-12;
        const auto now = static_cast<std::uint64_t>(ticks);
        if (timeline.due(now)) timeline.anchor(now, reference);
        const TimePoint told = timeline.at(now);
        ASSERT_GE(told, last);
        last = told;
        const auto error = std::chrono::abs(told - reference);
        ASSERT_LE(error, i < 10 ? 6us : 100ns) << "after " << i << " looks";
    }
}

TEST_F(Calibrated, AJumpOfTheCounterIsOverAtTheNextAnchor) {
    const std::uint64_t jumped = 5'000'000'000;  // during 90 ms
    ASSERT_TRUE(timeline.due(jumped));
    timeline.anchor(jumped, kStart + 100ms);
    EXPECT_EQ(timeline.at(jumped), kStart + 100ms);
    EXPECT_EQ(timeline.at(jumped + 10'000'000), kStart + 110ms) << "the jump must not count as a measurement";
}

TEST_F(Calibrated, ACounterOfAnotherRateIsAcceptedAfterTwoMeasurements) {
    timeline.anchor(210'000'000, kStart + 110ms);  // 2 GHz from now on
    timeline.anchor(410'000'000, kStart + 210ms);
    EXPECT_EQ(timeline.at(420'000'000), kStart + 215ms);
    EXPECT_FALSE(timeline.due(609'999'999));
    EXPECT_TRUE(timeline.due(610'000'000));
}

TEST_F(Calibrated, AnchorsInQuickSuccessionAreNoMeasurement) {
    timeline.anchor(10'010'000, kStart + 10ms + 10'005ns);
    EXPECT_EQ(timeline.at(90'010'000), kStart + 10ms + 10'005ns + 80ms);
}

}  // namespace
}  // namespace pinwheel
