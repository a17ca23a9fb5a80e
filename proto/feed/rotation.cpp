#include "rotation.h"

#include <algorithm>
#include <utility>

namespace pinwheel {
namespace {

/// The least and the greatest share of a lifetime by which a replacement begins early.
constexpr int kLatestShare = 100;
constexpr int kEarliestShare = 10;
constexpr Duration kLatestAtMost = std::chrono::minutes{5};
constexpr Duration kEarliestAtMost = std::chrono::hours{2};
constexpr Duration kLongestRetry = std::chrono::minutes{30};

}  // namespace

Rotation::Rotation(const RotationOptions& options) noexcept
    : options_(options), random_(options.seed), retry_(options.retry) {
    options_.legs = std::clamp<std::size_t>(options.legs, 1, kMaxSlots - 1);
    for (std::size_t slot = 0; slot < options_.legs; ++slot) slots_[slot].is_active = true;
}

void Rotation::on_up(std::size_t slot, TimePoint now) noexcept {
    Slot& it = slots_[slot];
    it.is_up = true;
    it.replace_at.reset();
    it.leave_by = TimePoint::max();
    if (fresh_ == slot) until_ = std::min(time_after(now, options_.timeout), slots_[*old_].leave_by);
    if (options_.lifetime <= Duration::zero()) return;
    const Duration latest = std::min(options_.lifetime / kLatestShare, kLatestAtMost);
    const Duration earliest = std::min(options_.lifetime / kEarliestShare, kEarliestAtMost);
    const auto spread = static_cast<double>((earliest - latest).count());
    const Duration ahead = latest + Duration{static_cast<std::int64_t>(random_.unit() * spread)};
    it.replace_at = time_after(now, options_.lifetime - ahead);
    it.reason = RotationReason::age;
}

void Rotation::on_down(std::size_t slot, TimePoint now) noexcept {
    slots_[slot].is_up = false;
    slots_[slot].replace_at.reset();
    // Without the old session there is nothing to take over.
    if (old_ == slot) until_ = now;
}

void Rotation::ask(std::size_t slot, RotationReason reason, TimePoint now, TimePoint leave_by) noexcept {
    if (!slots_[slot].is_up || !slots_[slot].is_active) return;
    slots_[slot].leave_by = std::min(slots_[slot].leave_by, leave_by);
    if (old_ == slot) {
        if (slots_[*fresh_].is_up) until_ = std::min(*until_, leave_by);
        return;
    }
    slots_[slot].replace_at = now;
    slots_[slot].reason = reason;
    // The venue cuts soon, and does not wait.
    if (reason == RotationReason::notice) not_before_.reset();
}

void Rotation::ask_all(TimePoint now) noexcept {
    for (std::size_t slot = 0; slot < slots(); ++slot) ask(slot, RotationReason::call, now);
}

void Rotation::stop() noexcept {
    for (auto& slot : slots_) slot.replace_at.reset();
    if (fresh_) until_ = TimePoint::min();
}

std::optional<TimePoint> Rotation::deadline() const noexcept {
    if (fresh_) return has_moved_ ? std::optional(TimePoint::min()) : until_;
    std::optional<TimePoint> earliest;
    if (slots_[spare()].is_up) return earliest;  // it is still being closed
    for (std::size_t slot = 0; slot < slots(); ++slot)
        if (const auto at = slots_[slot].replace_at; at && slots_[slot].is_active)
            earliest = earliest ? std::min(*earliest, *at) : *at;
    return earliest && not_before_ ? std::max(*earliest, *not_before_) : earliest;
}

std::size_t Rotation::spare() const noexcept {
    std::size_t slot = 0;
    while (slot + 1 < slots() && slots_[slot].is_active) ++slot;
    return slot;
}

Rotation::Step Rotation::finish(Act act, TimePoint now) noexcept {
    const Step step{act, *std::exchange(old_, std::nullopt), *std::exchange(fresh_, std::nullopt), reason_};
    until_.reset();
    not_before_.reset();
    has_moved_ = false;
    if (act == Act::close) {
        slots_[step.old] = {.is_up = slots_[step.old].is_up};
        slots_[step.fresh].is_active = true;
        retry_ = options_.retry;
    } else {
        slots_[step.fresh] = {.is_up = slots_[step.fresh].is_up};
        if (slots_[step.old].is_up) {
            slots_[step.old].replace_at = not_before_ = time_after(now, retry_);
            slots_[step.old].reason = reason_;
        }
        retry_ = std::min(retry_ * 2, std::max(options_.retry, kLongestRetry));
    }
    return step;
}

Rotation::Step Rotation::due(TimePoint now) noexcept {
    const auto at = deadline();
    if (!at || *at > now) return {};
    if (fresh_) return finish(slots_[*fresh_].is_up ? Act::close : Act::abandon, now);
    std::size_t next = slots();
    for (std::size_t slot = 0; slot < slots(); ++slot) {
        const Slot& it = slots_[slot];
        if (!it.is_active || !it.replace_at || *it.replace_at > now) continue;
        if (next == slots() || *it.replace_at < *slots_[next].replace_at) next = slot;
    }
    if (next == slots()) return {};
    old_ = next;
    fresh_ = spare();
    reason_ = slots_[next].reason;
    slots_[next].replace_at.reset();
    until_ = time_after(now, options_.timeout);
    return {Act::open, next, *fresh_, reason_};
}

}  // namespace pinwheel
