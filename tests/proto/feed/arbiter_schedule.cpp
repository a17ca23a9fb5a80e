#include "arbiter_schedule.h"

#include <string_view>

#include "arbiter_play.h"

namespace pinwheel::test {

Schedule Schedule::draw(std::uint64_t seed) {
    SeededRandom random(seed);
    Schedule schedule;
    schedule.seed = seed;
    schedule.numbering = static_cast<Numbering>(random.below(kNumberings));
    schedule.legs = 1 + random.below(4);
    schedule.units = 1 + random.below(48);
    // Contents are compared for one second only.
    schedule.is_tight = random.below(4) == 0 && schedule.numbering != Numbering::contents;
    const bool has_resets =
        is_any_of(schedule.numbering, {Numbering::resets, Numbering::books}) && random.below(2) == 0;
    const bool may_lose =
        !is_any_of(schedule.numbering, {Numbering::increasing, Numbering::repeats, Numbering::contents}) &&
        !(has_resets && !is_chain(schedule.numbering));
    const bool may_repeat =
        is_any_of(schedule.numbering, {Numbering::contiguous, Numbering::ranges, Numbering::trades,
                                       Numbering::increasing, Numbering::ids, Numbering::cut_ranges});
    for (auto more = random.below(8); more > 0; --more) {
        Mishap mishap{.leg = random.below(schedule.legs), .at = random.below(schedule.units)};
        mishap.kind = static_cast<Mishap::Kind>(random.below(5));
        if (mishap.kind == Mishap::Kind::lose && !may_lose) continue;
        if (mishap.kind == Mishap::Kind::twice && !may_repeat) continue;
        // A restart of the numbers while no leg was connected is undetectable.
        if (mishap.kind == Mishap::Kind::cut && has_resets) continue;
        if (mishap.kind == Mishap::Kind::reset) {
            if (!has_resets || mishap.at < 2) continue;
            mishap.leg = 0;
            mishap.at = schedule.units / 2;
        }
        mishap.size = mishap.kind == Mishap::Kind::cut ? random.below(10) : random.below(60);
        if (schedule.is_tight && mishap.kind == Mishap::Kind::stall) mishap.size *= 20;
        schedule.mishaps.push_back(mishap);
    }
    return schedule;
}

void Schedule::run(std::ostream* trace) const {
    Play(*this, trace).run();
}

std::optional<std::string> Schedule::failure(std::ostream* trace) const {
    try {
        run(trace);
    } catch (const Broken& broken) {
        return broken.what();
    }
    return std::nullopt;
}

Schedule Schedule::shrink() const {
    Schedule shortest = *this;
    const auto keep_if_fails = [&](Schedule shorter) {
        if (!shorter.failure()) return false;
        shortest = std::move(shorter);
        return true;
    };
    for (bool is_shorter = true; is_shorter;) {
        is_shorter = false;
        for (std::size_t i = shortest.mishaps.size(); i-- > 0;) {
            Schedule shorter = shortest;
            shorter.mishaps.erase(shorter.mishaps.begin() + static_cast<std::ptrdiff_t>(i));
            is_shorter = keep_if_fails(std::move(shorter)) || is_shorter;
        }
        for (const std::size_t fewer : {shortest.units / 2, shortest.units - 1}) {
            if (fewer == 0 || fewer >= shortest.units) continue;
            Schedule shorter = shortest;
            shorter.units = fewer;
            std::erase_if(shorter.mishaps, [&](const Mishap& mishap) { return mishap.at >= fewer; });
            is_shorter = keep_if_fails(std::move(shorter)) || is_shorter;
        }
        if (shortest.legs > 1) {
            Schedule shorter = shortest;
            --shorter.legs;
            std::erase_if(shorter.mishaps, [&](const Mishap& mishap) { return mishap.leg >= shorter.legs; });
            is_shorter = keep_if_fails(std::move(shorter)) || is_shorter;
        }
        for (std::size_t i = 0; i < shortest.mishaps.size(); ++i) {
            if (shortest.mishaps[i].size == 0) continue;
            Schedule shorter = shortest;
            shorter.mishaps[i].size /= 2;
            is_shorter = keep_if_fails(std::move(shorter)) || is_shorter;
        }
    }
    return shortest;
}

std::string Schedule::text() const {
    constexpr std::string_view kNames[] = {"contiguous", "ranges",   "trades",     "resets",
                                           "chain",      "books",    "increasing", "repeats",
                                           "ids",        "contents", "cut_ranges", "cut_books"};
    constexpr std::string_view kKinds[] = {"cut", "lose", "twice", "reset", "stall"};
    std::ostringstream out;
    out << "seed " << seed << ": " << kNames[static_cast<std::size_t>(numbering)] << ", " << legs << " legs, "
        << units << " units" << (is_tight ? ", tight" : "");
    for (const auto& mishap : mishaps)
        out << "; leg " << mishap.leg << ' ' << kKinds[static_cast<std::size_t>(mishap.kind)] << " at "
            << mishap.at << " size " << mishap.size;
    return out.str();
}

}  // namespace pinwheel::test
