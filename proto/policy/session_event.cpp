#include "session_event.h"

#include <array>

#include "../../core/duration_text.h"

namespace pinwheel {
namespace {

using Event = SessionEvent;
using detail::text_of;

// In the order of SessionEvent::Any.
constexpr std::array<std::string_view, std::variant_size_v<Event::Any>> kEventNames{"connect",
                                                                                    "request_disconnect",
                                                                                    "schedule_reconnect",
                                                                                    "close",
                                                                                    "kill",
                                                                                    "shutdown",
                                                                                    "force_close",
                                                                                    "subscribe",
                                                                                    "unsubscribe",
                                                                                    "transport_up",
                                                                                    "transport_ended",
                                                                                    "pong",
                                                                                    "connect_handled",
                                                                                    "pongs_held_up",
                                                                                    "backoff_due",
                                                                                    "window_asked",
                                                                                    "disconnect_asked",
                                                                                    "lifetime_due",
                                                                                    "stable_due",
                                                                                    "keepalive_due"};

/// The details that to_string() adds to the name.
struct Details {
    std::string operator()(const auto&) const { return {}; }
    std::string operator()(const Event::RequestDisconnect& event) const {
        std::string text = "(" + std::string(to_string(event.reason));
        if (event.reconnect_after) text += ", reconnect after " + text_of(*event.reconnect_after);
        return text + ")";
    }
    std::string operator()(const Event::ScheduleReconnect& event) const {
        return "(" + text_of(event.delay) + ")";
    }
    std::string operator()(const Event::Subscribe& event) const { return count_of(event.channels); }
    std::string operator()(const Event::Unsubscribe& event) const { return count_of(event.channels); }
    std::string operator()(const Event::TransportEnded& event) const {
        std::string text = "(" + std::string(describe(event.error));
        if (event.close_code != 0) text += ", close code " + std::to_string(event.close_code);
        if (event.http_status != 0) text += ", HTTP " + std::to_string(event.http_status);
        if (event.retry_after) text += ", retry after " + text_of(*event.retry_after);
        return text + ")";
    }
    std::string operator()(const Event::WindowAsked& event) const {
        const auto delay = event.answer.delay();
        if (!delay) return "(no)";
        return *delay == Duration::zero() ? "(yes)" : "(after " + text_of(*delay) + ")";
    }
    std::string operator()(const Event::DisconnectAsked& event) const {
        return event.answer ? "(yes)" : "(no)";
    }
    std::string operator()(const Event::KeepaliveDue& event) const {
        return event.all_read ? "" : "(more to read)";
    }

  private:
    static std::string count_of(std::span<const std::string> channels) {
        return "(" + std::to_string(channels.size()) + ")";
    }
};

}  // namespace

std::string_view name_of(const SessionEvent::Any& event) noexcept {
    return kEventNames[event.index()];
}

std::string to_string(const SessionEvent::Any& event) {
    return std::string(name_of(event)) + std::visit(Details{}, event);
}

}  // namespace pinwheel
