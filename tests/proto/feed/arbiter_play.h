#pragma once

#include <array>
#include <cstring>
#include <ostream>
#include <string_view>

#include "arbiter_schedule.h"

namespace pinwheel::test {

[[nodiscard]] inline ArbiterChannel channel_of(Numbering numbering) {
    ArbiterChannel channel;
    channel.sequence.kind = numbering == Numbering::contents ? SequenceKind::none
                            : is_chain(numbering)            ? SequenceKind::chain
                            : is_increasing(numbering)       ? SequenceKind::increasing
                                                             : SequenceKind::contiguous;
    channel.sequence.repeats = numbering == Numbering::repeats;
    if (numbering == Numbering::resets) channel.sequence.reset_number = 1;
    channel.is_identical = !is_misaligned(numbering);
    channel.is_independent = is_any_of(numbering, {Numbering::trades, Numbering::ids});
    channel.has_snapshots = has_snapshots(numbering);
    channel.match_content = numbering == Numbering::contents;
    return channel;
}

inline constexpr TimePoint kStart{std::chrono::hours{1}};

/// The message that a leg shows at a time, with the units [from, to].
struct Shown {
    enum class Kind : std::uint8_t { message, join, leave } kind = Kind::message;
    std::size_t leg = 0;
    std::size_t from = 0, to = 0;
    SequenceNumbers numbers{};
    TimePoint at{};
};

/// One run: makes the venue and the legs, plays them, and checks the output.
class Play {
  public:
    Play(const Schedule& schedule, std::ostream* trace)
        : schedule_(schedule),
          trace_(trace),
          arbiter_(options()),
          is_delivered_(schedule.units),
          was_delivered_(schedule.units),
          told_(schedule.units, TimePoint::min()) {
        arbiter_.add(channel_of(schedule.numbering));
        number_units();
        for (std::size_t leg = 0; leg < schedule_.legs; ++leg) draw_leg(leg);
        std::stable_sort(events_.begin(), events_.end(),
                         [](const Shown& a, const Shown& b) { return a.at < b.at; });
    }

    void run() {
        const auto check = [this](const ArbiterDelivery& delivery) { on_delivery(delivery); };
        for (const Shown& event : events_) {
            while (arbiter_.deadline() && *arbiter_.deadline() <= event.at) turn(*arbiter_.deadline());
            now_ = event.at;
            if (event.kind == Shown::Kind::join) {
                joined_[event.leg] = now_;
                is_joining_[event.leg] = true;
                arbiter_.join(event.leg, 0);
            }
            if (event.kind != Shown::Kind::message) {
                has_delivered_[event.leg] = false;
                is_live_[event.leg] = event.kind == Shown::Kind::join;
            }
            note(event);
            if (event.kind == Shown::Kind::leave) {
                arbiter_.leave(event.leg, 0, now_);
                arbiter_.on_time(now_, check);
            }
            if (event.kind == Shown::Kind::message) show(event);
            require(arbiter_.held(0) <= held_limit(), "more is held than allowed");
        }
        for (int turns = 0; arbiter_.deadline(); ++turns) {
            require(turns < 1000, "held messages are never let go");
            turn(std::max(*arbiter_.deadline(), now_));
        }
        require(arbiter_.held(0) == 0, "a message is held for ever");
        if (!schedule_.is_tight) check_exact();
    }

  private:
    [[nodiscard]] std::size_t held_limit() const { return schedule_.is_tight ? schedule_.seed % 7 : 64; }
    [[nodiscard]] ArbiterOptions options() const {
        ArbiterOptions options;
        options.legs = schedule_.legs;
        options.hold_messages = held_limit();
        options.held_of_all = 256;
        options.held_bytes = schedule_.is_tight ? 1024 : 65536;
        return options;
    }

    void number_units() {
        SeededRandom random(schedule_.seed * 2 + 1);
        std::int64_t number = 1000 + static_cast<std::int64_t>(random.below(1000));
        TimePoint at = kStart;
        const bool jumps = is_chain(schedule_.numbering) || is_increasing(schedule_.numbering);
        const bool may_repeat = is_any_of(schedule_.numbering, {Numbering::chain, Numbering::books});
        for (std::size_t unit = 0; unit < schedule_.units; ++unit) {
            const bool stays = (schedule_.numbering == Numbering::repeats && random.below(2) == 0) ||
                               (may_repeat && random.below(6) == 0);
            const std::int64_t step = jumps ? 1 + static_cast<std::int64_t>(random.below(9)) : 1;
            previous_.push_back(number);
            if (is_reset(unit))
                number = 1;
            else if (!stays)
                number += step;
            numbers_.push_back(number);
            at += Duration{1'000'000 + static_cast<std::int64_t>(random.below(9'000'000))};
            times_.push_back(at);
        }
    }
    [[nodiscard]] bool is_reset(std::size_t unit) const {
        return find(Mishap::Kind::reset, 0, unit) != nullptr;
    }
    [[nodiscard]] bool is_repeat(std::size_t unit) const {
        return is_chain(schedule_.numbering) && previous_[unit] == numbers_[unit];
    }
    [[nodiscard]] const Mishap* find(Mishap::Kind kind, std::size_t leg, std::size_t unit) const {
        for (const auto& mishap : schedule_.mishaps)
            if (mishap.kind == kind && mishap.leg == leg && mishap.at == unit) return &mishap;
        return nullptr;
    }

    void draw_leg(std::size_t leg) {
        SeededRandom cuts(schedule_.seed * 16 + (is_misaligned(schedule_.numbering) ? leg + 1 : 0));
        SeededRandom random(schedule_.seed * 64 + leg);
        const std::int64_t span = schedule_.is_tight ? 400'000'000 : 40'000'000;
        const Duration delay{static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(span)))};
        TimePoint last_time = kStart;
        events_.push_back({.kind = Shown::Kind::join, .leg = leg, .at = last_time});
        bool is_fresh = true;
        for (std::size_t from = 0; from < schedule_.units;) {
            std::size_t to = from;
            const bool is_cut_up =
                is_misaligned(schedule_.numbering) || schedule_.numbering == Numbering::ranges;
            if (is_cut_up)
                for (auto more = cuts.below(4); more > 0 && to + 1 < schedule_.units && !is_reset(to + 1);
                     --more)
                    ++to;
            Duration late =
                delay +
                Duration{static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(span) / 4))};
            std::optional<std::size_t> join_at;
            bool is_lost = false, is_twice = false;
            for (std::size_t unit = from; unit <= to; ++unit) {
                if (const auto* stall = find(Mishap::Kind::stall, leg, unit))
                    late += stall->size * std::chrono::milliseconds{1};
                // No rule can miss a message that repeats a number.
                const bool is_missed = !is_repeat(unit) && !is_reset(unit);
                is_lost = is_lost || (is_missed && find(Mishap::Kind::lose, leg, unit) != nullptr);
                is_twice = is_twice || find(Mishap::Kind::twice, leg, unit) != nullptr;
                if (const auto* cut = find(Mishap::Kind::cut, leg, unit)) join_at = to + 1 + cut->size;
            }
            last_time = std::max(last_time, times_[to] + late);
            if (join_at) {
                events_.push_back({.kind = Shown::Kind::leave, .leg = leg, .at = last_time});
                // Messages that were lost with a connection were sent before the next one joins.
                for (from = to + 1; from < std::min(*join_at, schedule_.units);) {
                    ++from;
                    if (is_cut_up)
                        for (auto more = cuts.below(4); more > 0 && from < schedule_.units && !is_reset(from);
                             --more)
                            ++from;
                }
                if (from >= schedule_.units) return;
                last_time = std::max(last_time, times_[from - 1]);
                events_.push_back({.kind = Shown::Kind::join, .leg = leg, .at = last_time});
                is_fresh = true;
                continue;
            }
            SequenceNumbers numbers = numbers_of(from, to);
            if (is_fresh && has_snapshots(schedule_.numbering)) {
                numbers.is_snapshot = true;
                numbers.first.reset();
                numbers.previous.reset();
            }
            const Shown shown{.kind = Shown::Kind::message,
                              .leg = leg,
                              .from = from,
                              .to = to,
                              .numbers = numbers,
                              .at = last_time};
            if (!is_lost || is_fresh) events_.push_back(shown);
            if (is_twice && !numbers.is_snapshot) events_.push_back(shown);
            is_fresh = false;
            from = to + 1;
        }
    }
    [[nodiscard]] SequenceNumbers numbers_of(std::size_t from, std::size_t to) const {
        SequenceNumbers numbers;
        if (schedule_.numbering == Numbering::contents) return numbers;
        numbers.last = numbers_[to];
        if (to != from) numbers.first = numbers_[from];
        if (is_chain(schedule_.numbering)) numbers.previous = previous_[from];
        if (is_chain(schedule_.numbering)) numbers.first.reset();
        return numbers;
    }

    void show(const Shown& event) {
        if (is_joining_[event.leg] && joined_[event.leg] > kStart) open_numbers_.insert(numbers_[event.to]);
        is_joining_[event.leg] = false;
        std::array<std::byte, 128> content{};
        const std::uint64_t text[] = {event.from, event.to, numbers_[event.to] < 0 ? 1U : 0U};
        std::memcpy(content.data(), text, sizeof text);
        FeedMessage message;
        message.channel = 0;
        message.payload = {content.data(), sizeof text};
        message.received = now_;
        message.is_snapshot = event.numbers.is_snapshot;
        if (!event.numbers.is_snapshot)
            for (std::size_t unit = event.from; unit <= event.to; ++unit) {
                auto& joined = shown_.emplace(unit, TimePoint::max()).first->second;
                joined = std::min(joined, joined_[event.leg]);
            }
        arbiter_.offer(event.leg, message, event.numbers, now_, deliver_);
    }
    void turn(TimePoint at) {
        now_ = at;
        arbiter_.on_time(now_, deliver_);
    }

    void note(const Shown& event) {
        if (trace_ == nullptr) return;
        constexpr std::string_view kKinds[] = {"shows", "joins", "leaves"};
        *trace_ << "  " << (event.at - kStart) / std::chrono::microseconds{1} << " us: leg " << event.leg
                << ' ' << kKinds[static_cast<std::size_t>(event.kind)];
        if (event.kind == Shown::Kind::message)
            *trace_ << ' ' << event.from << '-' << event.to << (event.numbers.is_snapshot ? " snapshot" : "")
                    << " number " << numbers_[event.to] << " after " << previous_[event.from];
        *trace_ << '\n';
    }
    void note(const ArbiterDelivery& delivery, std::size_t from, std::size_t to) {
        if (trace_ == nullptr) return;
        if (delivery.gap)
            *trace_ << "    gap " << delivery.gap->from << '-' << delivery.gap->to
                    << (delivery.gap->is_certain ? "" : " perhaps") << '\n';
        *trace_ << "    delivered: leg " << delivery.leg << ' ' << from << '-' << to
                << (delivery.is_epoch ? " epoch" : "") << (delivery.is_late ? " late" : "")
                << (delivery.is_overlap ? " overlap" : "") << '\n';
    }

    void on_delivery(const ArbiterDelivery& delivery) {
        std::uint64_t units[3];
        require(delivery.message.payload.size() == sizeof units, "a payload of another size");
        std::memcpy(units, delivery.message.payload.data(), sizeof units);
        const std::size_t from = units[0], to = units[1];
        note(delivery, from, to);
        const bool is_snapshot = delivery.message.is_snapshot;
        if (!done_) {
            start_ = from;
        } else if (delivery.is_late) {
            require(to <= *done_, "late, and yet new");
        } else if (is_snapshot && delivery.is_epoch && to < *done_ && may_go_back(delivery.leg)) {
            std::fill(is_delivered_.begin() + static_cast<std::ptrdiff_t>(to), is_delivered_.end(), false);
        } else if (!is_snapshot && to < *done_ && is_of_open_number(to)) {
            require(is_repeat(to) || !is_delivered_[to], "twice");
        } else if (!is_unordered() || to > *done_) {
            require(to > *done_ || (to == *done_ && is_repeat(to)) || (is_snapshot && to >= *done_),
                    "twice, or out of order: unit " + std::to_string(to));
            if (from <= *done_ && !is_snapshot)
                require(is_repeat(to) || (delivery.is_overlap && is_misaligned(schedule_.numbering)),
                        "an overlap that is not told");
            check_hole(delivery, from, is_snapshot ? to : from);
        }
        for (std::size_t unit = is_snapshot ? to : from; unit <= to; ++unit) {
            require(!is_delivered_[unit] || delivery.is_overlap || is_snapshot || is_repeat(unit), "twice");
            is_delivered_[unit] = true;
            was_delivered_[unit] = true;
        }
        const bool fills = !is_snapshot && done_ && to < *done_ && (is_unordered() || is_of_open_number(to));
        if (!delivery.is_late && !fills) done_ = to;
        has_delivered_[delivery.leg] = is_live_[delivery.leg];
        if (is_snapshot)
            for (std::size_t unit = 0; unit <= to; ++unit) is_delivered_[unit] = was_delivered_[unit] = true;
    }

    /// A leg joined inside this number, which several messages may share. They may come late, or be reported
    /// as doubtful and lost. Only an order of contents could decide.
    [[nodiscard]] bool is_of_open_number(std::size_t unit) const {
        return (schedule_.numbering == Numbering::repeats && open_numbers_.contains(numbers_[unit])) ||
               is_repeat(unit);
    }
    /// Contents give no order to a leg that joins.
    [[nodiscard]] bool is_unordered() const {
        return schedule_.numbering == Numbering::contents &&
               std::any_of(schedule_.mishaps.begin(), schedule_.mishaps.end(),
                           [](const Mishap& mishap) { return mishap.kind == Mishap::Kind::cut; });
    }

    /// An earlier snapshot begins an epoch if no heard leg is left, or if it has come too late.
    [[nodiscard]] bool may_go_back(std::size_t leg) const {
        if (schedule_.is_tight) return true;
        for (std::size_t other = 0; other < schedule_.legs; ++other)
            if (other != leg && has_delivered_[other]) return false;
        return true;
    }

    /// The units between the last message and this one.
    void check_hole(const ArbiterDelivery& delivery, std::size_t from, std::size_t first_new) {
        // No rule can miss a message that repeats the mark's number.
        std::size_t next = *done_ + 1;
        while (next < first_new && is_repeat(next) && numbers_[next] == numbers_[*done_]) ++next;
        const bool is_hole = first_new > next;
        if (delivery.gap && delivery.gap->is_certain) {
            require(is_hole, "a gap where there is none");
            const bool names_ends = is_chain(schedule_.numbering);
            require(delivery.gap->from == numbers_[*done_] + (names_ends ? 0 : 1),
                    "a gap that begins elsewhere");
            require(delivery.gap->to == previous_[from], "a gap that ends elsewhere");
        }
        if (delivery.gap && !delivery.gap->is_certain) open_numbers_.insert(delivery.gap->to);
        if (!is_hole) return;
        const bool proves_nothing = schedule_.numbering == Numbering::ids;
        const bool is_told = delivery.gap || (delivery.is_epoch && delivery.message.is_snapshot);
        require(is_told || proves_nothing, "a hole that is not told, before unit " + std::to_string(from));
        if (delivery.gap)
            for (std::size_t unit = *done_ + 1; unit < first_new; ++unit) told_[unit] = now_;
    }

    /// Delays are below the hold time, so every message of a leg has arrived, and no leg had the units that
    /// were reported as missing.
    void check_exact() const {
        // A leg that joins is not heard before it has shown content that another leg had.
        if (is_unordered()) return;
        const bool may_fill = has_snapshots(schedule_.numbering) || schedule_.numbering == Numbering::repeats;
        for (const auto& [unit, joined] : shown_) {
            const bool was_told = told_[unit] != TimePoint::min();
            // A leg that joins after the report may begin with it.
            if (unit < start_ || is_of_open_number(unit) || (was_told && joined >= told_[unit])) continue;
            if (!was_delivered_[unit] || (was_told && !may_fill))
                throw Broken("a leg had unit " + std::to_string(unit) + ", and it is " +
                             (was_delivered_[unit] ? "told as missing" : "lost"));
        }
    }

    const Schedule& schedule_;
    std::ostream* trace_;
    Arbiter arbiter_;
    Arbiter::Deliver deliver_ = Arbiter::Deliver::member<&Play::on_delivery>(*this);
    std::vector<std::int64_t> numbers_, previous_;
    std::vector<TimePoint> times_;
    std::vector<Shown> events_;
    std::map<std::size_t, TimePoint> shown_;             // by unit: the first join of a leg with it
    std::vector<bool> is_delivered_;                     // since a snapshot went back
    std::vector<bool> was_delivered_;                    // at any time
    std::vector<TimePoint> told_;                        // when a unit was reported as missing
    std::array<TimePoint, Arbiter::kMaxLegs> joined_{};  // the start of a leg's connection
    std::array<bool, Arbiter::kMaxLegs> has_delivered_{}, is_live_{}, is_joining_{};
    std::optional<std::size_t> done_;
    std::set<std::int64_t> open_numbers_;
    std::size_t start_ = 0;
    TimePoint now_{};
};

}  // namespace pinwheel::test
