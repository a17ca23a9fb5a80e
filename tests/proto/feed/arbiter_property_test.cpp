// The arbiter's output is the venue's stream: section 7 of the feed's rules. PINWHEEL_ARBITER_SCHEDULES: the
// number of schedules; PINWHEEL_ARBITER_SEED: runs one seed alone.
#include <gtest/gtest.h>

#include <cstdlib>

#include "arbiter_schedule.h"

namespace pinwheel::test {
namespace {

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Section7Legs, TheVenuesStreamOrAToldGapOverSeededSchedules) {
    const std::uint64_t only = number_of("PINWHEEL_ARBITER_SEED", 0);
    const std::uint64_t count = only != 0 ? 1 : number_of("PINWHEEL_ARBITER_SCHEDULES", 20'000);
    for (std::uint64_t i = 1; i <= count; ++i) {
        const Schedule schedule = Schedule::draw(only != 0 ? only : i);
        if (!schedule.failure()) continue;
        const Schedule shortest = schedule.shrink();
        std::ostringstream trace;
        const auto what = shortest.failure(&trace);
        FAIL() << *what << '\n' << shortest.text() << '\n' << trace.str() << "drawn: " << schedule.text();
    }
}

}  // namespace
}  // namespace pinwheel::test
