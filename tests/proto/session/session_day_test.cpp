// One and a half virtual days of a session, event by event.

#include <gtest/gtest.h>

#include <string>

#include "../../support/fsm_driver.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using E = SessionEvent;

constexpr const char* kExpected = R"(
00:00:00.000 connect -> CONNECTING: start_connect
00:00:00.050 transport_up -> CONNECTED: arm(lifetime, 86100 s), notify_connected
00:00:00.050     send {"type":"subscribe","channel":"trades"}
00:00:00.050     send {"type":"subscribe","channel":"book"}
02:00:00.050 transport_ended(the connection was reset by the peer) -> RECONNECTING (tries 1): arm(backoff, 1 s), notify_disconnected(NETWORK_ERROR)
02:00:00.050     on_disconnect_alert(NETWORK_ERROR, 1)
02:00:01.050 backoff_due -> RECONNECTING (tries 1): start_connect(again)
02:00:01.100 transport_ended(the connection was refused) -> RECONNECTING (tries 2): arm(backoff, 2 s)
02:00:03.100 backoff_due -> RECONNECTING (tries 2): start_connect(again)
02:00:03.150 transport_ended(the connection was refused) -> RECONNECTING (tries 3): arm(backoff, 4 s)
02:00:07.150 backoff_due -> RECONNECTING (tries 3): start_connect(again)
02:00:07.200 transport_ended(the connection was refused) -> RECONNECTING (tries 4): arm(backoff, 8 s)
02:00:15.200 backoff_due -> RECONNECTING (tries 4): start_connect(again)
02:00:15.250 transport_up -> CONNECTED (tries 4): arm(lifetime, 86100 s), notify_connected
02:00:15.250     send {"type":"subscribe","channel":"trades"}
02:00:15.250     send {"type":"subscribe","channel":"book"}
02:01:15.250 stable_due -> CONNECTED
04:00:15.250 transport_ended(the peer closed the connection, close code 1013) -> RECONNECTING (tries 1): arm(backoff, 30 s), notify_disconnected(SERVER_CLOSED)
04:00:15.250     on_disconnect_alert(SERVER_CLOSED, 1)
04:00:45.250 backoff_due -> RECONNECTING (tries 1): start_connect(again)
04:00:45.300 transport_ended(the server cannot take the upgrade now, HTTP 503, retry after 45 s) -> RECONNECTING (tries 2): arm(backoff, 45 s)
04:01:30.300 backoff_due -> RECONNECTING (tries 2): start_connect(again)
04:01:30.350 transport_up -> CONNECTED (tries 2): arm(lifetime, 86100 s), notify_connected
04:01:30.350     send {"type":"subscribe","channel":"trades"}
04:01:30.350     send {"type":"subscribe","channel":"book"}
04:02:30.350 stable_due -> CONNECTED
06:01:30.350 transport_ended(the peer closed the connection, close code 1001) -> RECONNECTING (tries 1): arm(backoff, 1 s), notify_disconnected(SERVER_CLOSED)
06:01:30.350     on_disconnect_alert(SERVER_CLOSED, 1)
06:01:31.350 backoff_due -> RECONNECTING (tries 1): start_connect(again)
06:01:31.400 transport_up -> CONNECTED (tries 1): arm(lifetime, 86100 s), notify_connected
06:01:31.400     send {"type":"subscribe","channel":"trades"}
06:01:31.400     send {"type":"subscribe","channel":"book"}
06:01:36.400 transport_ended(the peer closed the connection, close code 1001) -> RECONNECTING (tries 2): arm(backoff, 2 s), notify_disconnected(SERVER_CLOSED)
06:01:38.400 backoff_due -> RECONNECTING (tries 2): start_connect(again)
06:01:38.450 transport_up -> CONNECTED (tries 2): arm(lifetime, 86100 s), notify_connected
06:01:38.450     send {"type":"subscribe","channel":"trades"}
06:01:38.450     send {"type":"subscribe","channel":"book"}
06:01:43.450 transport_ended(the peer closed the connection, close code 1001) -> RECONNECTING (tries 3): arm(backoff, 4 s), notify_disconnected(SERVER_CLOSED)
06:01:47.450 backoff_due -> RECONNECTING (tries 3): start_connect(again)
06:01:47.500 transport_up -> CONNECTED (tries 3): arm(lifetime, 86100 s), notify_connected
06:01:47.500     send {"type":"subscribe","channel":"trades"}
06:01:47.500     send {"type":"subscribe","channel":"book"}
06:01:52.500 transport_ended(the peer closed the connection, close code 1001) -> RECONNECTING (tries 4): arm(backoff, 8 s), notify_disconnected(SERVER_CLOSED)
06:02:00.500 backoff_due -> RECONNECTING (tries 4): start_connect(again)
06:02:00.550 transport_up -> CONNECTED (tries 4): arm(lifetime, 86100 s), notify_connected
06:02:00.550     send {"type":"subscribe","channel":"trades"}
06:02:00.550     send {"type":"subscribe","channel":"book"}
06:03:00.550 stable_due -> CONNECTED
12:00:00.550 disconnect_asked(yes) -> CLOSING: send_close(1000)
12:00:00.570 transport_ended(no error, close code 1000) -> RECONNECTING: arm(window_check, 0 s), notify_disconnected(CALLBACK_TRIGGERED)
12:00:00.570     on_disconnect_alert(CALLBACK_TRIGGERED, 4)
12:00:00.570 window_asked(no) -> RECONNECTING: arm(window_check, 5 s)
12:00:05.570 window_asked(no) -> RECONNECTING: arm(window_check, 5 s)
12:00:10.570 window_asked(no) -> RECONNECTING: arm(window_check, 5 s)
12:00:15.570 window_asked(no) -> RECONNECTING: arm(window_check, 5 s)
12:00:20.570 window_asked(after 2 s) -> RECONNECTING: arm(backoff, 2 s)
12:00:22.570 backoff_due -> RECONNECTING: start_connect(again)
12:00:22.620 transport_up -> CONNECTED: arm(lifetime, 86100 s), notify_connected
12:00:22.620     send {"type":"subscribe","channel":"book"}
12:00:22.620     send {"type":"subscribe","channel":"quotes"}
35:55:22.620 lifetime_due -> CLOSING: send_close(1000)
35:55:22.640 transport_ended(no error, close code 1000) -> RECONNECTING: arm(window_check, 0 s), notify_disconnected(CONNECTION_LIMIT)
35:55:22.640     on_disconnect_alert(CONNECTION_LIMIT, 1)
35:55:22.640 window_asked(yes) -> RECONNECTING: start_connect(again)
35:55:22.690 transport_up -> CONNECTED: arm(lifetime, 86100 s), notify_connected
35:55:22.690     send {"type":"subscribe","channel":"book"}
35:55:22.690     send {"type":"subscribe","channel":"quotes"}
36:30:00.000 schedule_reconnect(600 s) -> CLOSING: send_close(1000)
36:30:00.020 transport_ended(no error, close code 1000) -> RECONNECTING: arm(backoff, 600 s), notify_disconnected(SCHEDULED)
36:30:00.020     on_disconnect_alert(SCHEDULED, 1)
36:40:00.020 backoff_due -> RECONNECTING: start_connect(again)
36:40:00.070 transport_up -> CONNECTED: arm(lifetime, 86100 s), notify_connected
36:40:00.070     send {"type":"subscribe","channel":"book"}
36:40:00.070     send {"type":"subscribe","channel":"quotes"}
37:00:00.000 shutdown -> CLOSING: send_close(1000)
37:00:00.020 transport_ended(no error, close code 1000) -> CLOSED: notify_disconnected(USER_REQUESTED)
37:00:00.020     on_disconnect_alert(USER_REQUESTED, 1)
38:00:00.000 connect -> CLOSED: warn(connect() changes nothing: the session is CLOSED permanently; make a new manager)
)";

TEST(Session, AVirtualDayFollowsTheRules) {
    test::FsmDriver day({.has_should_disconnect = true,
                         .has_should_reconnect = true,
                         .reconnect = {.jitter = 0},
                         .window = {.disconnect_check_interval = 10s,
                                    .reconnect_check_interval = 5s,
                                    .connection_lifetime = 24h,
                                    .disconnect_margin = 300s}});
    const E::TransportEnded refused{.error = Errc::connection_refused};
    const E::TransportEnded later{.error = Errc::closed_by_peer, .close_code = 1013};
    const E::TransportEnded bye{.error = Errc::closed_by_peer, .close_code = 1001};
    day.script({
        // Two hours, a reset, three refusals.
        {.up_for = 2h, .loss = E::TransportEnded{.error = Errc::connection_reset}},
        {.refusal = refused},
        {.refusal = refused},
        {.refusal = refused},
        // Up at once after them until the server reports overload, and still overloaded afterwards.
        {.up_for = 2h, .loss = later},
        {.refusal =
             E::TransportEnded{.error = Errc::upgrade_unavailable, .http_status = 503, .retry_after = 45s}},
        // A server that flaps: it accepts, and closes 5 s later.
        {.up_for = 2h, .loss = bye},
        {.up_for = 5s, .loss = bye},
        {.up_for = 5s, .loss = bye},
        {.up_for = 5s, .loss = bye},
    });
    day.at(0s, [&day] { day.subscriptions.add(std::array<std::string_view, 2>{"trades", "book"}); });
    day.at(0s, E::Connect{});
    day.at(9h, [&day] { day.subscriptions.remove(std::array<std::string_view, 1>{"trades"}); });
    day.at(9h, [&day] { day.subscriptions.add(std::array<std::string_view, 1>{"quotes"}); });
    // Lunch: the market is closed for twenty seconds, and opens two seconds after the announced time.
    day.should_disconnect = [](Duration time) { return time >= 12h && time < 12h + 20s; };
    day.should_reconnect = [](Duration time) -> WindowAnswer {
        if (time >= 12h && time < 12h + 20s) return false;
        if (time < 12h + 23s && time > 12h) return 2s;
        return true;
    };
    day.at(36h + 30min, E::ScheduleReconnect{10min});
    day.at(37h, E::Shutdown{});
    day.at(38h, E::Connect{});
    day.run_until(39h);

    std::string log = "\n";
    for (const auto& line : day.log()) log += line + "\n";
    EXPECT_EQ(log, kExpected);
    EXPECT_EQ(day.pings(), 6616U);
}

}  // namespace
}  // namespace pinwheel
