// Evaluates a message's numbers against the mark and against its own leg.
#include <algorithm>
#include <limits>
#include <tuple>

#include "arbiter.h"

namespace pinwheel {

Arbiter::Entry Arbiter::describe(Channel& channel, std::size_t leg, const FeedMessage& message,
                                 const SequenceNumbers& numbers, ArbiterLegStats& stats) noexcept {
    View& view = channel.views[leg];
    Entry entry;
    entry.is_first = !view.position;
    entry.is_restart = numbers.is_snapshot;
    const bool is_compared = channel.mode == ArbiterMode::first_wins || channel.mode == ArbiterMode::lead;
    if (!is_compared || !numbers.last) {
        if (!is_compared) view.position = 0;
        if (channel.mode == ArbiterMode::content) entry.hash = detail::content_hash(message.payload);
        return entry;
    }
    const auto& rule = channel.options.sequence;
    const bool is_chain = rule.kind == SequenceKind::chain;
    // Some venues list the newest first.
    entry.first = std::min(numbers.first.value_or(*numbers.last), *numbers.last);
    entry.last = std::max(numbers.first.value_or(*numbers.last), *numbers.last);
    entry.is_numbered = true;
    entry.is_restart = entry.is_restart || rule.reset_number == entry.last || (is_chain && !numbers.previous);
    entry.previous = view.position.value_or(0);
    // A chain that restarts names a predecessor above its own number.
    const bool steps_down = is_chain && numbers.previous && *numbers.previous > entry.last;
    const bool is_below = !entry.is_first && entry.last < entry.previous;
    entry.went_back = (is_below && entry.is_restart) || (steps_down && (is_below || entry.is_first));
    if (entry.is_restart || rule.kind == SequenceKind::increasing) {
        // The leg has shown all messages up to here, so that nothing lies between.
        entry.has_after = !entry.is_first;
        entry.after = entry.previous;
    } else {
        constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
        entry.after = is_chain ? *numbers.previous : std::max(entry.first, kLowest + 1) - 1;
        entry.has_after = entry.after <= entry.last || entry.went_back;
        if (!entry.is_first && entry.after > entry.previous) {
            ++stats.holes;
            stats.hole_from = entry.previous + (is_chain ? 0 : 1);
            stats.hole_to = entry.after;
        }
        entry.is_broken =
            is_chain && !entry.is_first && entry.after < entry.previous && entry.last > entry.previous;
        entry.repeats_last = is_chain && entry.after == entry.last;
    }
    if (channel.contents && (rule.repeats || entry.repeats_last))
        entry.hash = detail::content_hash(message.payload);
    if (entry.is_first)
        view.is_partial = true;
    else if (entry.went_back || entry.last > entry.previous)
        view.is_partial = false;
    entry.is_partial = view.is_partial;
    if (entry.is_first || entry.went_back || entry.last > entry.previous) view.position = entry.last;
    return entry;
}

bool Arbiter::is_kept(const Channel& channel, std::size_t but) noexcept {
    for (std::size_t leg = 0; leg < kMaxLegs; ++leg) {
        const View& view = channel.views[leg];
        if (leg != but && view.is_live && view.is_level && view.epoch == channel.epoch) return true;
    }
    return false;
}

bool Arbiter::is_kept_wholly(const Channel& channel, std::size_t but) noexcept {
    for (std::size_t leg = 0; leg < kMaxLegs; ++leg) {
        const View& view = channel.views[leg];
        if (leg != but && view.is_live && view.is_level && !view.is_partial && view.epoch == channel.epoch)
            return true;
    }
    return false;
}

Arbiter::Verdict Arbiter::judge_below(const Channel& channel, std::size_t leg, const Entry& entry,
                                      TimePoint now) noexcept {
    const View& view = channel.views[leg];
    const std::int64_t mark = *channel.stats.last;
    const bool leads = channel.mode == ArbiterMode::lead && channel.leader == leg;
    const bool is_needed = leads || !is_kept(channel, leg);
    if (entry.is_restart && is_needed) return Verdict::epoch;
    const bool is_chain = channel.options.sequence.kind == SequenceKind::chain;
    const bool repeats = is_chain ? entry.repeats_last : channel.options.sequence.repeats;
    if (entry.last == mark && !repeats) return Verdict::duplicate;
    if (entry.last == mark) {
        // A leg that joined at this number may have missed messages that other legs still bring.
        const bool joins = channel.contents && entry.is_partial;
        return joins && !channel.contents->knows(entry.hash) ? Verdict::stuck : Verdict::repeat;
    }
    if (channel.numbers && channel.numbers->was_passed_over(mark, entry.last)) return Verdict::late;
    const bool began_anew = !view.is_level && is_needed && view.below_since &&
                            now - std::max(*view.below_since, channel.left_at) >= kRestartAfter;
    return began_anew ? Verdict::restart : Verdict::duplicate;
}

Arbiter::Verdict Arbiter::judge_number(const Channel& channel, std::size_t leg, const Entry& entry,
                                       TimePoint now) noexcept {
    if (!channel.stats.last) return Verdict::epoch;
    const std::int64_t mark = *channel.stats.last;
    const bool is_behind = channel.views[leg].epoch != channel.epoch;
    if (is_behind && !entry.went_back) {
        // Another leg has shown that the numbers restarted. This one still brings old numbers, unless they
        // fit.
        if (entry.last <= mark) return judge_below(channel, leg, entry, now);
        if (entry.has_after && entry.after == mark) return Verdict::follows;
        return is_kept(channel, leg) ? Verdict::duplicate : Verdict::stuck;
    }
    if (entry.went_back && !is_behind) {
        // The first message of a connection may belong to an epoch that other legs have shown.
        if (entry.is_first && entry.after > mark && is_kept(channel, leg)) return Verdict::duplicate;
        return entry.after <= mark ? Verdict::restart : Verdict::stuck;
    }
    if (entry.is_restart && channel.wants_snapshot) return Verdict::epoch;
    if (entry.last <= mark) return judge_below(channel, leg, entry, now);
    if (!entry.has_after || entry.went_back || entry.after > mark) return Verdict::stuck;
    return entry.is_restart ? Verdict::epoch : Verdict::follows;
}

Arbiter::Verdict Arbiter::judge(const Channel& channel, std::size_t leg, const Entry& entry,
                                TimePoint now) const noexcept {
    const Verdict verdict = judge_number(channel, leg, entry, now);
    if (channel.mode != ArbiterMode::lead || verdict == Verdict::stuck || verdict == Verdict::duplicate ||
        verdict == Verdict::repeat || !channel.leader || channel.leader == leg || preferred_ == leg)
        return verdict;
    // It continues at the mark, and takes over if the leader cannot.
    const Front leading = front(channel, *channel.leader);
    const bool leader_is_stuck =
        leading && judge_number(channel, *channel.leader, *leading.entry, now) == Verdict::stuck;
    return leader_is_stuck ? verdict : Verdict::stuck;
}

void Arbiter::move_mark(Channel& channel, std::size_t leg, const Entry& entry, Verdict verdict,
                        TimePoint received) noexcept {
    channel.stats.last_time = received;
    if (!entry.is_numbered || verdict == Verdict::repeat) return;
    if (verdict == Verdict::late) return channel.numbers->set(entry.first, entry.last);
    if (channel.numbers) {
        if (verdict == Verdict::follows)
            channel.numbers->advance(*channel.stats.last, entry.first, entry.last);
        else
            channel.numbers->begin(entry.first, entry.last);
    }
    if (channel.contents) {
        channel.contents->clear();
        if (channel.options.sequence.repeats || entry.repeats_last)
            std::ignore = channel.contents->was_shown(entry.hash, leg, received);
    }
    channel.stats.last = entry.last;
    channel.mark_leg = leg;
    if (channel.mode == ArbiterMode::lead) channel.leader = leg;
}

}  // namespace pinwheel
