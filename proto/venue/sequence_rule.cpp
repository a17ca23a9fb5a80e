#include "sequence_rule.h"

#include <algorithm>
#include <utility>

namespace pinwheel {

std::string_view to_string(SequenceKind value) noexcept {
    switch (value) {
        case SequenceKind::none:
            return "none";
        case SequenceKind::contiguous:
            return "contiguous";
        case SequenceKind::chain:
            return "chain";
        case SequenceKind::increasing:
            return "increasing";
        case SequenceKind::connection:
            return "connection";
        case SequenceKind::checksum:
            return "checksum";
    }
    return "?";
}

SequenceStep SequenceRule::next(const SequenceNumbers& numbers) noexcept {
    const bool is_told_unknown =
        options_.kind == SequenceKind::none || options_.kind == SequenceKind::checksum;
    if (is_told_unknown || !numbers.last)
        return {.verdict = numbers.is_snapshot ? SequenceVerdict::new_epoch : SequenceVerdict::unknown};
    // Some venues list the newest first.
    const std::int64_t first = std::min(numbers.first.value_or(*numbers.last), *numbers.last);
    const std::int64_t last = std::max(numbers.first.value_or(*numbers.last), *numbers.last);
    if (!last_ || numbers.is_snapshot || options_.reset_number == last) return begin(last);
    if (options_.kind == SequenceKind::increasing) return next_increasing(last);
    if (options_.kind == SequenceKind::chain)
        return numbers.previous ? next_chained(*numbers.previous, last) : begin(last);
    return next_contiguous(first, last);
}

SequenceStep SequenceRule::begin(std::int64_t last) noexcept {
    last_ = last;
    return {.verdict = SequenceVerdict::new_epoch};
}

SequenceStep SequenceRule::next_contiguous(std::int64_t first, std::int64_t last) noexcept {
    if (last <= *last_)
        return {.verdict =
                    options_.repeats && last == *last_ ? SequenceVerdict::next : SequenceVerdict::duplicate};
    const std::int64_t before = std::exchange(*last_, last);
    if (first <= before || first - 1 == before) return {.verdict = SequenceVerdict::next};
    return {.verdict = SequenceVerdict::gap, .from = before + 1, .to = first - 1};
}

SequenceStep SequenceRule::next_chained(std::int64_t previous, std::int64_t last) noexcept {
    if (previous == *last_) {
        last_ = last;
        // A venue that restarts its numbers chains the first new one to the last old one.
        return {.verdict = last < previous ? SequenceVerdict::new_epoch : SequenceVerdict::next};
    }
    // The restart of a venue whose last old numbers are missing.
    const bool is_restart = last < previous && previous > *last_ && last != *last_;
    if (last <= *last_ && !is_restart) return {.verdict = SequenceVerdict::duplicate};
    return {.verdict = SequenceVerdict::gap, .from = std::exchange(*last_, last), .to = previous};
}

SequenceStep SequenceRule::next_increasing(std::int64_t last) noexcept {
    if (last < *last_ || (last == *last_ && !options_.repeats))
        return {.verdict = SequenceVerdict::duplicate};
    last_ = last;
    return {.verdict = SequenceVerdict::next};
}

}  // namespace pinwheel
