#include "session_effect.h"

#include "../../core/duration_text.h"

namespace pinwheel {
namespace {

using Effect = SessionEffect;

struct Describe {
    TimePoint now;

    std::string operator()(const Effect::StartConnect& effect) const {
        return effect.again ? "start_connect(again)" : "start_connect";
    }
    std::string operator()(const Effect::SendClose& effect) const {
        return "send_close(" + std::to_string(effect.code) + ")";
    }
    std::string operator()(const Effect::AbortTransport& effect) const {
        return effect.code ? "abort_transport(" + std::to_string(*effect.code) + ")" : "abort_transport";
    }
    std::string operator()(const Effect::SendPing&) const { return "send_ping"; }
    std::string operator()(const Effect::Arm& effect) const {
        return "arm(" + std::string(to_string(effect.timer)) + ", " + detail::text_of(effect.deadline - now) +
               ")";
    }
    std::string operator()(const Effect::Disarm& effect) const {
        return "disarm(" + std::string(to_string(effect.timer)) + ")";
    }
    std::string operator()(const Effect::NotifyConnected&) const { return "notify_connected"; }
    std::string operator()(const Effect::ReplaySubscriptions&) const { return "replay_subscriptions"; }
    std::string operator()(const Effect::SendSubscribe& effect) const {
        return "send_subscribe(" + std::to_string(effect.channels.size()) + ")";
    }
    std::string operator()(const Effect::SendUnsubscribe& effect) const {
        return "send_unsubscribe(" + std::to_string(effect.channels.size()) + ")";
    }
    std::string operator()(const Effect::NotifyDisconnected& effect) const {
        return "notify_disconnected(" + std::string(to_string(effect.reason)) + ")";
    }
    std::string operator()(const Effect::NotifyGaveUp& effect) const {
        return "notify_gave_up(attempts: " + std::to_string(effect.attempts) + ", " +
               std::string(pinwheel::describe(effect.cause)) + ")";
    }
    std::string operator()(const Effect::RecordStop& effect) const {
        return "record_stop(" + std::string(to_string(effect.reason)) +
               (effect.forgets_failure ? ")" : ", failure kept)");
    }
    std::string operator()(const Effect::Warn& effect) const {
        return "warn(" + pinwheel::describe(effect) + ")";
    }
};

}  // namespace

std::string_view to_string(SessionTimer timer) noexcept {
#define PINWHEEL_NAME(name, event) std::string_view(#name),
    constexpr std::array<std::string_view, kSessionTimers> kNames{PINWHEEL_SESSION_TIMERS(PINWHEEL_NAME)};
#undef PINWHEEL_NAME
    return kNames[static_cast<std::size_t>(timer)];
}

std::string describe(const SessionEffect::Warn& warn) {
    std::string text;
    switch (warn.warning) {
        case SessionWarning::connect_ignored:
            text = "connect() changes nothing: the session is ";
            break;
        case SessionWarning::reconnect_ignored:
            text = "no reconnect is planned: the session is ";
            break;
        case SessionWarning::retry_after_capped:
            return "the server asks to wait " + detail::text_of(warn.asked) + "; the next try comes after " +
                   detail::text_of(warn.waited) + " (max_retry_after)";
        case SessionWarning::refused_but_trying:
            return "an error that seldom passes; it is tried again, as the budget allows";
    }
    text += to_string(warn.state);
    if (warn.state == ConnectionState::closing || warn.state == ConnectionState::closed)
        text += " permanently; make a new manager";
    return text;
}

std::string to_string(const SessionEffect::Any& effect, TimePoint now) {
    return std::visit(Describe{now}, effect);
}

}  // namespace pinwheel
