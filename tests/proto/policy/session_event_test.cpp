#include "../../../proto/policy/session_event.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "../../../proto/policy/reconnect_policy.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using E = SessionEvent;

TEST(ReconnectStrategies, HaveTheirNamesInCapitals) {
    EXPECT_EQ(to_string(ReconnectStrategy::immediate), "IMMEDIATE");
    EXPECT_EQ(to_string(ReconnectStrategy::fixed_delay), "FIXED_DELAY");
    EXPECT_EQ(to_string(ReconnectStrategy::exponential_backoff), "EXPONENTIAL_BACKOFF");
    EXPECT_EQ(to_string(ReconnectStrategy::callback_controlled), "CALLBACK_CONTROLLED");
}

TEST(SessionEvents, EachIsOneLineOfText) {
    const std::vector<std::string> channels{"a", "b"};
    const std::pair<SessionEvent::Any, std::string> cases[] = {
        {E::Connect{}, "connect"},
        {E::RequestDisconnect{}, "request_disconnect(USER_REQUESTED)"},
        {E::RequestDisconnect{DisconnectReason::scheduled, 5s},
         "request_disconnect(SCHEDULED, reconnect after 5 s)"},
        {E::ScheduleReconnect{1500ms}, "schedule_reconnect(1.5 s)"},
        {E::Close{}, "close"},
        {E::Kill{}, "kill"},
        {E::Shutdown{}, "shutdown"},
        {E::ForceClose{}, "force_close"},
        {E::Subscribe{channels}, "subscribe(2)"},
        {E::Unsubscribe{channels}, "unsubscribe(2)"},
        {E::TransportUp{}, "transport_up"},
        {E::TransportEnded{}, "transport_ended(no error)"},
        {E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1012},
         "transport_ended(the peer closed the connection, close code 1012)"},
        {E::TransportEnded{.error = Errc::upgrade_unavailable, .http_status = 503, .retry_after = 7s},
         "transport_ended(the server cannot take the upgrade now, HTTP 503, retry after 7 s)"},
        {E::Pong{}, "pong"},
        {E::ConnectHandled{}, "connect_handled"},
        {E::PongsHeldUp{}, "pongs_held_up"},
        {E::BackoffDue{}, "backoff_due"},
        {E::WindowAsked{true}, "window_asked(yes)"},
        {E::WindowAsked{false}, "window_asked(no)"},
        {E::WindowAsked{7s}, "window_asked(after 7 s)"},
        {E::DisconnectAsked{true}, "disconnect_asked(yes)"},
        {E::DisconnectAsked{false}, "disconnect_asked(no)"},
        {E::LifetimeDue{}, "lifetime_due"},
        {E::StableDue{}, "stable_due"},
        {E::KeepaliveDue{}, "keepalive_due"},
        {E::KeepaliveDue{.all_read = false}, "keepalive_due(more to read)"},
    };
    for (const auto& [event, text] : cases) EXPECT_EQ(to_string(event), text);
}

}  // namespace
}  // namespace pinwheel
