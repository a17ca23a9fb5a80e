// Numbers and holes of one leg: section 7 of the feed's rules.
#include "../../../proto/venue/sequence_rule.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "../../../core/random.h"

namespace pinwheel {
namespace {

using Verdict = SequenceVerdict;

SequenceNumbers range(std::int64_t first, std::int64_t last) {
    return {.first = first, .last = last};
}
SequenceNumbers one(std::int64_t last) {
    return {.last = last};
}
SequenceNumbers link(std::int64_t previous, std::int64_t last) {
    return {.last = last, .previous = previous};
}

TEST(Section7Numbers, ContiguousFollowsOverlapsRepeatsAndGaps) {
    SequenceRule rule({.kind = SequenceKind::contiguous});
    EXPECT_EQ(rule.next(range(5, 9)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(range(10, 10)).verdict, Verdict::next);
    EXPECT_EQ(rule.next(range(9, 12)).verdict, Verdict::next) << "a range that overlaps is harmless";
    EXPECT_EQ(rule.next(range(9, 12)).verdict, Verdict::duplicate);
    EXPECT_EQ(rule.next(one(11)).verdict, Verdict::duplicate);
    const auto step = rule.next(range(15, 16));
    EXPECT_EQ(step.verdict, Verdict::gap);
    EXPECT_EQ(step.from, 13);
    EXPECT_EQ(step.to, 14);
    EXPECT_EQ(rule.next(one(17)).verdict, Verdict::next) << "it goes on from the message after the gap";
}

TEST(Section7Numbers, AListThatHasTheNewestFirstIsARangeToo) {
    SequenceRule rule({.kind = SequenceKind::contiguous});
    EXPECT_EQ(rule.next(range(9, 5)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(range(12, 10)).verdict, Verdict::next);
    EXPECT_EQ(rule.next(range(15, 14)).verdict, Verdict::gap);
}

TEST(Section7Numbers, ChainFollowsItsPredecessor) {
    SequenceRule rule({.kind = SequenceKind::chain});
    EXPECT_EQ(rule.next({.last = 100}).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(link(100, 140)).verdict, Verdict::next) << "a chain has no +1";
    EXPECT_EQ(rule.next(link(140, 140)).verdict, Verdict::next) << "OKX says that nothing has changed";
    EXPECT_EQ(rule.next(link(100, 140)).verdict, Verdict::duplicate);
    const auto step = rule.next(link(150, 160));
    EXPECT_EQ(step.verdict, Verdict::gap);
    EXPECT_EQ(step.from, 140);
    EXPECT_EQ(step.to, 150);
    EXPECT_EQ(rule.next(link(160, 161)).verdict, Verdict::next);
}

TEST(Section7Numbers, AChainThatRestartsLowerBeginsAnEpoch) {
    SequenceRule rule({.kind = SequenceKind::chain});
    EXPECT_EQ(rule.next(one(100)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(link(100, 3)).verdict, Verdict::new_epoch) << "OKX after maintenance";
    EXPECT_EQ(rule.next(link(3, 7)).verdict, Verdict::next);
}

TEST(Section7Numbers, AChainThatRestartsBehindAHoleIsAGapAndGoesOn) {
    SequenceRule rule({.kind = SequenceKind::chain});
    EXPECT_EQ(rule.next(one(90)).verdict, Verdict::new_epoch);
    const auto step = rule.next(link(100, 3));
    EXPECT_EQ(step.verdict, Verdict::gap);
    EXPECT_EQ(step.from, 90);
    EXPECT_EQ(step.to, 100);
    EXPECT_EQ(rule.next(link(100, 3)).verdict, Verdict::duplicate);
    EXPECT_EQ(rule.next(link(3, 7)).verdict, Verdict::next);
}

TEST(Section7Numbers, AChainWithoutPredecessorBeginsAnEpoch) {
    SequenceRule rule({.kind = SequenceKind::chain});
    EXPECT_EQ(rule.next(link(1, 2)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(one(90)).verdict, Verdict::new_epoch) << "Deribit's snapshot";
    EXPECT_EQ(rule.next(link(90, 91)).verdict, Verdict::next);
}

TEST(Section7Numbers, ASnapshotBeginsAnEpochWhateverItsNumber) {
    for (const auto kind : {SequenceKind::contiguous, SequenceKind::chain, SequenceKind::increasing}) {
        SequenceRule rule({.kind = kind});
        EXPECT_EQ(rule.next(one(50)).verdict, Verdict::new_epoch);
        EXPECT_EQ(rule.next({.last = 10, .previous = -1, .is_snapshot = true}).verdict, Verdict::new_epoch);
        EXPECT_EQ(rule.next({.first = 11, .last = 11, .previous = 10}).verdict, Verdict::next);
    }
}

TEST(Section7Numbers, AResetNumberBeginsAnEpoch) {
    SequenceRule rule({.kind = SequenceKind::contiguous, .reset_number = 1});
    EXPECT_EQ(rule.next(one(50)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(one(1)).verdict, Verdict::new_epoch) << "Bybit's service restarted";
    EXPECT_EQ(rule.next(one(2)).verdict, Verdict::next);
}

TEST(Section7Numbers, IncreasingProvesNoHole) {
    SequenceRule rule({.kind = SequenceKind::increasing});
    EXPECT_EQ(rule.next(one(5)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(one(900)).verdict, Verdict::next);
    EXPECT_EQ(rule.next(one(900)).verdict, Verdict::duplicate);
    EXPECT_EQ(rule.next(one(899)).verdict, Verdict::duplicate);
}

TEST(Section7Numbers, AVenueThatRepeatsANumberGivesNoDuplicate) {
    SequenceRule rule({.kind = SequenceKind::increasing, .repeats = true});
    EXPECT_EQ(rule.next(one(5)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(one(5)).verdict, Verdict::next);
    EXPECT_EQ(rule.next(one(4)).verdict, Verdict::duplicate);
}

TEST(Section7Numbers, AConnectionsNumbersBeginWhereTheVenueSays) {
    SequenceRule rule({.kind = SequenceKind::connection});
    rule.expect(0);
    const auto step = rule.next(one(2));
    EXPECT_EQ(step.verdict, Verdict::gap);
    EXPECT_EQ(step.from, 0);
    EXPECT_EQ(step.to, 1);
    EXPECT_EQ(rule.next(one(3)).verdict, Verdict::next);
    EXPECT_EQ(rule.next(one(5)).verdict, Verdict::gap);
}

TEST(Section7Numbers, ChecksumAndNoneAreToldAsUnknown) {
    for (const auto kind : {SequenceKind::checksum, SequenceKind::none}) {
        SequenceRule rule({.kind = kind});
        EXPECT_EQ(rule.next(one(1)).verdict, Verdict::unknown);
        EXPECT_EQ(rule.next(one(9)).verdict, Verdict::unknown);
        EXPECT_EQ(rule.next({.is_snapshot = true}).verdict, Verdict::new_epoch);
    }
}

TEST(Section7Numbers, AMessageWithoutNumberChangesNothing) {
    SequenceRule rule({.kind = SequenceKind::contiguous});
    EXPECT_EQ(rule.next(one(1)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next({}).verdict, Verdict::unknown);
    EXPECT_EQ(rule.next(one(2)).verdict, Verdict::next);
    EXPECT_EQ(rule.last(), 2);
}

TEST(Section7Numbers, TheEndsOfTheNumbersDoNotOverflow) {
    constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
    constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
    SequenceRule rule({.kind = SequenceKind::contiguous});
    EXPECT_EQ(rule.next(one(kLow)).verdict, Verdict::new_epoch);
    EXPECT_EQ(rule.next(one(kHigh)).verdict, Verdict::gap);
    EXPECT_EQ(rule.next(one(kLow)).verdict, Verdict::duplicate);
}

/// A venue's stream with lost, duplicated and overlapping messages. The rule's verdicts must match the known
/// faults.
TEST(Section7Numbers, ContiguousAgreesWithASetOfNumbersOverRandomStreams) {
    SeededRandom random(7);
    SequenceRule rule({.kind = SequenceKind::contiguous});
    std::set<std::int64_t> came{0};
    ASSERT_EQ(rule.next(one(0)).verdict, Verdict::new_epoch);
    std::int64_t next = 1;
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t first = next -
                                   static_cast<std::int64_t>(random.below(3) == 0 ? random.below(5) : 0) +
                                   static_cast<std::int64_t>(random.below(20) == 0 ? random.below(4) : 0);
        const std::int64_t last = first + static_cast<std::int64_t>(random.below(4));
        const std::int64_t newest = *came.rbegin();
        std::optional<std::pair<std::int64_t, std::int64_t>> missing;
        for (std::int64_t n = newest + 1; n < first; ++n) {
            if (!missing) missing = {n, n};
            missing->second = n;
        }
        const auto step = rule.next(range(first, last));
        ASSERT_EQ(step.verdict == Verdict::gap, missing.has_value());
        if (missing) {
            ASSERT_EQ(std::pair(step.from, step.to), *missing);
        }
        ASSERT_EQ(step.verdict == Verdict::duplicate, last <= newest);
        for (std::int64_t n = first; n <= last; ++n) came.insert(n);
        while (came.size() > 64) came.erase(came.begin());
        next = *came.rbegin() + 1;
    }
}

}  // namespace
}  // namespace pinwheel
