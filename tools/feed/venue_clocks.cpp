// Timed events on a venue's connection: pings, questions, heartbeats, deadlines, faults.
#include <algorithm>
#include <array>
#include <cmath>

#include "../../proto/websocket/close_code.h"
#include "venue_connection.h"

namespace pinwheel {

using namespace std::chrono_literals;
using Kind = VenueAction::Kind;

namespace {

/// The time from a notice without its own lead to the cut.
constexpr Duration kNoticeLead = 5s;
constexpr std::uint16_t kHeartbeatClose = 4000;

std::string seconds(Duration time) {
    return std::to_string(time / 1s) + " s";
}

}  // namespace

TimePoint VenueConnection::deadline() const noexcept {
    TimePoint next = actions_.empty() ? TimePoint::max() : actions_.front().first;
    if (over_) return next;
    for (const TimePoint clock :
         {clocks_.first_subscribe, clocks_.idle, clocks_.age, clocks_.ping, clocks_.pong, clocks_.question,
          clocks_.answer, clocks_.heartbeat, clocks_.trouble, clocks_.cut})
        next = std::min(next, clock);
    return next;
}

void VenueConnection::on_time(TimePoint now) {
    if (over_) return;
    const auto& data = venue_.data_;
    const VenueShapes& shapes = venue_.shapes_;
    const auto broken = [&](TimePoint clock, const std::string& what,
                            VenueAction action = {.kind = Kind::drop}) {
        if (over_ || now < clock) return;
        venue_.violate(what, now);
        cut(std::move(action), now);
    };
    broken(clocks_.first_subscribe, "no subscription within " + seconds(data.first_subscribe));
    broken(clocks_.idle, "idle for " + seconds(shapes.idle));
    broken(clocks_.age, "a connection older than " + seconds(data.lifetime));
    broken(clocks_.pong, "no pong within " + seconds(shapes.pong_deadline));
    broken(clocks_.answer, "no answer within " + seconds(shapes.answer_deadline),
           {.kind = Kind::close, .text = "heartbeat close", .code = kHeartbeatClose});
    if (over_) return;
    if (now >= clocks_.cut) {
        ++venue_.counts_.unheeded_notices;
        return cut({.kind = Kind::drop}, now);
    }
    if (now >= clocks_.ping) {
        push({.kind = Kind::ping, .text = std::to_string(venue_.unix_us(now) / 1000)}, now);
        clocks_.ping = now + data.server_ping;
        if (shapes.pong_deadline > Duration::zero())
            clocks_.pong = std::min(clocks_.pong, now + shapes.pong_deadline);
    }
    if (now >= clocks_.question) {
        if (!shapes.heartbeat.empty()) say(shapes.heartbeat, {}, now);
        say(shapes.question, {}, now);
        clocks_.question = now + shapes.question_interval;
        if (shapes.answer_deadline > Duration::zero())
            clocks_.answer = std::min(clocks_.answer, now + shapes.answer_deadline);
    }
    if (now >= clocks_.heartbeat) beat(now);
    if (now >= clocks_.trouble) trouble(now);
}

void VenueConnection::beat(TimePoint now) {
    const VenueShapes& shapes = venue_.shapes_;
    const Duration interval = venue_.options_.heartbeat;
    clocks_.heartbeat = now + interval;
    if (shapes.heartbeat_channel.empty()) {
        if (now - told_at_ >= interval) say(shapes.heartbeat, {}, now);
        return;
    }
    for (const ChannelId channel : subscribed_) {
        const ChannelEntry& entry = venue_.channels_[channel];
        if (entry.text != shapes.heartbeat_channel) continue;
        if (shapes.idle_counts_data) touch(now);
        say(shapes.heartbeat, {{"symbol", entry.wire_symbol}, {"count", std::to_string(beats_++)}}, now);
    }
}

/// Draws the time of the next fault, and causes the due one.
void VenueConnection::trouble(TimePoint now) {
    const bool is_due = now >= clocks_.trouble;
    const double mean = std::chrono::duration<double>(venue_.options_.trouble_interval).count();
    const double pause = -std::log(1 - venue_.random_.unit()) * mean;
    clocks_.trouble = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(pause)) + 1ms;
    if (!is_due) return;
    const VenueShapes& shapes = venue_.shapes_;
    const bool may_tell = !shapes.notice.empty() &&
                          (shapes.notice_channel.empty() ||
                           std::any_of(subscribed_.begin(), subscribed_.end(), [&](ChannelId channel) {
                               return venue_.channels_[channel].text == shapes.notice_channel;
                           }));
    const auto what = venue_.random_.below(4);
    if (what == 0) {
        ++venue_.counts_.delays;
        const auto wait =
            500ms + std::chrono::milliseconds{static_cast<std::int64_t>(venue_.random_.below(4000))};
        held_until_ = std::max(held_until_, now + wait);
    } else if (what == 1 && may_tell) {
        ++venue_.counts_.notices;
        const auto& notices = venue_.data_.notices;
        const Duration lead = notices.empty() ? Duration{} : notices.front().lead;
        say(shapes.notice, {}, now);
        clocks_.cut = std::max(now, held_until_) + (lead > Duration::zero() ? lead : kNoticeLead);
    } else {
        ++venue_.counts_.cuts;
        constexpr std::array kCodes{to_wire(CloseCode::going_away), to_wire(CloseCode::service_restart)};
        if (what == 2)
            cut({.kind = Kind::close, .text = "maintenance", .code = kCodes[venue_.random_.below(2)]}, now);
        else
            cut({.kind = Kind::drop}, now);
    }
}

}  // namespace pinwheel
