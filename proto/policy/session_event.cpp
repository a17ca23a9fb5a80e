#include "session_event.h"

#include "../../core/duration_text.h"

namespace pinwheel {
namespace {

using Event = SessionEvent;
using detail::text_of;

struct Describe {
    std::string operator()(const Event::Connect&) const { return "connect"; }
    std::string operator()(const Event::RequestDisconnect& event) const {
        std::string text = "request_disconnect(" + std::string(to_string(event.reason));
        if (event.reconnect_after) text += ", reconnect after " + text_of(*event.reconnect_after);
        return text + ")";
    }
    std::string operator()(const Event::ScheduleReconnect& event) const {
        return "schedule_reconnect(" + text_of(event.delay) + ")";
    }
    std::string operator()(const Event::Close&) const { return "close"; }
    std::string operator()(const Event::Kill&) const { return "kill"; }
    std::string operator()(const Event::Shutdown&) const { return "shutdown"; }
    std::string operator()(const Event::ForceClose&) const { return "force_close"; }
    std::string operator()(const Event::TransportUp&) const { return "transport_up"; }
    std::string operator()(const Event::TransportEnded& event) const {
        std::string text = "transport_ended(" + std::string(describe(event.error));
        if (event.close_code != 0) text += ", close code " + std::to_string(event.close_code);
        if (event.http_status != 0) text += ", HTTP " + std::to_string(event.http_status);
        if (event.retry_after) text += ", retry after " + text_of(*event.retry_after);
        return text + ")";
    }
    std::string operator()(const Event::Pong&) const { return "pong"; }
    std::string operator()(const Event::PongsHeldUp&) const { return "pongs_held_up"; }
    std::string operator()(const Event::BackoffDue&) const { return "backoff_due"; }
    std::string operator()(const Event::WindowAsked& event) const {
        const auto delay = event.answer.delay();
        if (!delay) return "window_asked(no)";
        return *delay == Duration::zero() ? "window_asked(yes)"
                                          : "window_asked(after " + text_of(*delay) + ")";
    }
    std::string operator()(const Event::DisconnectAsked& event) const {
        return event.answer ? "disconnect_asked(yes)" : "disconnect_asked(no)";
    }
    std::string operator()(const Event::LifetimeDue&) const { return "lifetime_due"; }
    std::string operator()(const Event::StableDue&) const { return "stable_due"; }
    std::string operator()(const Event::KeepaliveDue& event) const {
        return event.all_read ? "keepalive_due" : "keepalive_due(more to read)";
    }
};

}  // namespace

std::string to_string(const SessionEvent::Any& event) {
    return std::visit(Describe{}, event);
}

}  // namespace pinwheel
