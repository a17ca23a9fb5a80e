#pragma once

namespace pinwheel {

// A starred state belongs to a reconnect, any other to a connect() that has not succeeded yet. `closing/`
// names the plan. In the open state one try is taken and one ping unanswered. No jitter; delays from 1 s.
inline constexpr const char* kSessionTable = R"(
connect
    idle -> CONNECTING connecting: start_connect
    connecting backoff window -> stays: warn(connect() changes nothing: the session is CONNECTING)
    open -> stays: warn(connect() changes nothing: the session is CONNECTED)
    connecting* -> CONNECTING connecting, tries 0
    backoff* -> CONNECTING connecting, tries 0: disarm(backoff), start_connect
    window* -> CONNECTING connecting, tries 0: disarm(window_check), start_connect
    closing/none closing/now closing/delay closing/window -> CLOSING closing/connect
    closing/connect -> ignored
    closing/never -> stays: warn(connect() changes nothing: the session is CLOSING for good; make a new
            manager)
    closed -> stays: warn(connect() changes nothing: the session is CLOSED for good; make a new manager)

request_disconnect
    idle -> stays: record_stop(USER_REQUESTED, failure kept)
    connecting connecting* -> DISCONNECTED idle: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> DISCONNECTED idle: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> DISCONNECTED idle: disarm(window_check), record_stop(USER_REQUESTED)
    open -> CLOSING closing/on_window: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/delay closing/connect -> CLOSING closing/on_window
    closing/now -> CLOSING closing/none
    closing/window closing/never closed -> ignored

request_disconnect, reconnect after 5 s
    idle -> stays: warn(no reconnect is planned: the session is DISCONNECTED)
    connecting connecting* -> RECONNECTING backoff: abort_transport, arm(backoff, 5 s)
    backoff -> RECONNECTING backoff: disarm(backoff), arm(backoff, 5 s)
    window window* -> RECONNECTING backoff: disarm(window_check), arm(backoff, 5 s)
    open -> CLOSING closing/after_delay: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    backoff* -> stays: disarm(backoff), arm(backoff, 5 s)
    closing/none closing/now closing/window closing/connect -> CLOSING closing/after_delay
    closing/delay -> ignored
    closing/never -> stays: warn(no reconnect is planned: the session is CLOSING for good; make a new
            manager)
    closed -> stays: warn(no reconnect is planned: the session is CLOSED for good; make a new manager)

schedule_reconnect in 5 s
    idle -> RECONNECTING backoff: arm(backoff, 5 s)
    connecting backoff window -> stays: warn(no reconnect is planned: the session is CONNECTING)
    open -> CLOSING closing/after_delay: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    connecting* -> RECONNECTING backoff: abort_transport, arm(backoff, 5 s)
    backoff* -> stays: disarm(backoff), arm(backoff, 5 s)
    window* -> RECONNECTING backoff: disarm(window_check), arm(backoff, 5 s)
    closing/none closing/now closing/window closing/connect -> CLOSING closing/after_delay
    closing/delay -> ignored
    closing/never -> stays: warn(no reconnect is planned: the session is CLOSING for good; make a new
            manager)
    closed -> stays: warn(no reconnect is planned: the session is CLOSED for good; make a new manager)

schedule_reconnect now
    idle -> RECONNECTING connecting: start_connect(again)
    connecting backoff window -> stays: warn(no reconnect is planned: the session is CONNECTING)
    open -> CLOSING closing/after_delay: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    connecting* -> stays: abort_transport, start_connect(again)
    backoff* -> RECONNECTING connecting: disarm(backoff), start_connect(again)
    window* -> RECONNECTING connecting: disarm(window_check), start_connect(again)
    closing/none closing/now closing/window closing/connect -> CLOSING closing/after_delay
    closing/delay -> ignored
    closing/never -> stays: warn(no reconnect is planned: the session is CLOSING for good; make a new
            manager)
    closed -> stays: warn(no reconnect is planned: the session is CLOSED for good; make a new manager)

close
    idle -> stays: record_stop(USER_REQUESTED, failure kept)
    connecting connecting* -> DISCONNECTED idle: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> DISCONNECTED idle: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> DISCONNECTED idle: disarm(window_check), record_stop(USER_REQUESTED)
    open -> CLOSING closing/none: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/never closed -> ignored
    closing/now closing/delay closing/window closing/connect -> CLOSING closing/none

kill
    idle closed -> ignored
    connecting connecting* -> DISCONNECTED idle: abort_transport, record_stop(KILLED)
    backoff backoff* -> DISCONNECTED idle: disarm(backoff), record_stop(KILLED)
    window window* -> DISCONNECTED idle: disarm(window_check), record_stop(KILLED)
    open -> DISCONNECTED idle: abort_transport, disarm(disconnect_check), disarm(lifetime),
            disarm(stable), disarm(keepalive), notify_disconnected(KILLED)
    closing/none closing/now closing/delay closing/window closing/connect -> DISCONNECTED idle:
            abort_transport, notify_disconnected(KILLED)
    closing/never -> CLOSED closed: abort_transport, notify_disconnected(KILLED)

shutdown
    idle -> CLOSED closed: record_stop(USER_REQUESTED)
    connecting connecting* -> CLOSED closed: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> CLOSED closed: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> CLOSED closed: disarm(window_check), record_stop(USER_REQUESTED)
    open -> CLOSING closing/never: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/now closing/delay closing/window closing/connect -> CLOSING closing/never
    closing/never closed -> ignored

force_close
    idle -> CLOSED closed: record_stop(USER_REQUESTED)
    connecting connecting* -> CLOSED closed: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> CLOSED closed: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> CLOSED closed: disarm(window_check), record_stop(USER_REQUESTED)
    open -> CLOSED closed: abort_transport(1000), disarm(disconnect_check), disarm(lifetime),
            disarm(stable), disarm(keepalive), notify_disconnected(USER_REQUESTED)
    closing/none closing/connect closing/never -> CLOSED closed: abort_transport(1000),
            notify_disconnected(USER_REQUESTED)
    closing/now -> CLOSED closed: abort_transport(1000), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> CLOSED closed: abort_transport(1000), notify_disconnected(SCHEDULED)
    closing/window -> CLOSED closed: abort_transport(1000), notify_disconnected(CALLBACK_TRIGGERED)
    closed -> ignored

up
    idle backoff window open backoff* window* closing closed -> ignored
    connecting connecting* -> CONNECTED open: arm(stable, 60 s), arm(lifetime, 86100 s),
            arm(disconnect_check, 3600 s), arm(keepalive, 20 s), notify_connected, replay_subscriptions

ended: close handshake done
    idle backoff window backoff* window* closed -> ignored
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 1 s)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(NETWORK_ERROR)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING connecting: start_connect(again), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 9 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 0 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: reset
    idle backoff window backoff* window* closed -> ignored
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 1 s)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(NETWORK_ERROR)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING connecting: start_connect(again), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 9 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 0 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: closed by the peer with 1001
    idle backoff window backoff* window* closed -> ignored
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 1 s)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(SERVER_CLOSED)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING connecting: start_connect(again), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 9 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 0 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: closed by the peer with 1013
    idle backoff window backoff* window* closed -> ignored
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 30 s)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 30 s), notify_disconnected(SERVER_CLOSED)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 30 s)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING backoff: arm(backoff, 30 s), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 30 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 30 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: HTTP 403
    idle backoff window backoff* window* closed -> ignored
    connecting -> DISCONNECTED idle: notify_gave_up(attempts: 1, the server refused the upgrade)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(NETWORK_ERROR)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s), warn(an error that seldom passes;
            it is tried again, as the budget allows)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING connecting: start_connect(again), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 9 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 0 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: HTTP 503, Retry-After 90 s
    idle backoff window backoff* window* closed -> ignored
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 90 s)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 90 s), notify_disconnected(NETWORK_ERROR)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 90 s)
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/now -> RECONNECTING backoff: arm(backoff, 90 s), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 90 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 90 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

pong, asked for
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: arm(keepalive, 0 s)

pong, unasked
    idle connecting backoff window open connecting* backoff* window* closing closed -> ignored

pongs_held_up
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: arm(keepalive, 20 s)

backoff_due
    idle connecting window open connecting* window* closing closed -> ignored
    backoff -> CONNECTING connecting: start_connect(again)
    backoff* -> RECONNECTING connecting: start_connect(again)

should_reconnect: no
    idle connecting backoff open connecting* backoff* closing closed -> ignored
    window window* -> stays: arm(window_check, 5 s)

should_reconnect: yes
    idle connecting backoff open connecting* backoff* closing closed -> ignored
    window -> CONNECTING connecting: start_connect(again)
    window* -> RECONNECTING connecting: start_connect(again)

should_reconnect: after 7 s
    idle connecting backoff open connecting* backoff* closing closed -> ignored
    window -> CONNECTING backoff: arm(backoff, 7 s)
    window* -> RECONNECTING backoff: arm(backoff, 7 s)

should_disconnect: no
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: arm(disconnect_check, 3600 s)

should_disconnect: yes
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> CLOSING closing/on_window: disarm(lifetime), disarm(stable), disarm(keepalive),
            send_close(1000)

lifetime_due
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> CLOSING closing/on_window: disarm(disconnect_check), disarm(stable), disarm(keepalive),
            send_close(1000)

stable_due
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> CONNECTED open, tries 0

keepalive_due, in time
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: send_ping, arm(keepalive, 10 s)

keepalive_due, pong missing
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> RECONNECTING backoff, tries 2: abort_transport(1011), disarm(disconnect_check),
            disarm(lifetime), disarm(stable), arm(backoff, 2 s), notify_disconnected(PING_TIMEOUT)

keepalive_due, pong missing, more to read
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: arm(keepalive, 20 s)
)";

}  // namespace pinwheel
