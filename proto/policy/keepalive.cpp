#include "keepalive.h"

#include <algorithm>

namespace pinwheel {

void Keepalive::start(TimePoint now) noexcept {
    in_flight_ = 0;
    if (options_.interval > Duration::zero()) next_ping_ = time_after(now, options_.interval);
}

TimePoint Keepalive::pong_deadline() const noexcept {
    return time_after(sent_[(last_ - in_flight_ + 1) % kMaxInFlight], options_.timeout);
}

std::optional<TimePoint> Keepalive::deadline() const noexcept {
    if (!next_ping_ || in_flight_ == 0) return next_ping_;
    return in_flight_ == kMaxInFlight ? pong_deadline() : std::min(*next_ping_, pong_deadline());
}

Keepalive::Step Keepalive::due(TimePoint now) noexcept {
    if (!next_ping_) return Step::none;
    if (in_flight_ > 0 && now >= pong_deadline()) return Step::timed_out;
    if (now < *next_ping_ || in_flight_ == kMaxInFlight) return Step::none;
    next_ping_ = time_after(now, options_.interval);
    ++in_flight_;
    sent_at(++last_) = now;
    return Step::send_ping;
}

void Keepalive::heard(TimePoint at) noexcept {
    if (!options_.any_traffic) return;
    while (in_flight_ > 0 && sent_at(last_ - in_flight_ + 1) < at) --in_flight_;
}

Keepalive::Payload Keepalive::payload() const noexcept {
    Payload bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(last_ >> (56 - 8 * i));
    return bytes;
}

bool Keepalive::pong(std::span<const std::byte> payload, TimePoint now) noexcept {
    if (payload.size() != Payload{}.size()) return false;
    std::uint64_t number = 0;
    for (const auto byte : payload) number = number << 8 | static_cast<std::uint64_t>(byte);
    const std::uint64_t newer = last_ - number;  // wraps for a number never sent
    if (newer >= in_flight_) return false;
    in_flight_ = newer;

    const Duration trip = now - sent_at(number);
    auto& stats = round_trip_;
    stats.min = stats.count == 0 ? trip : std::min(stats.min, trip);
    stats.max = std::max(stats.max, trip);
    stats.smoothed = stats.count == 0 ? trip : stats.smoothed + (trip - stats.smoothed) / 8;
    stats.last = trip;
    ++stats.count;
    return true;
}

}  // namespace pinwheel
