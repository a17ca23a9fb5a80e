#pragma once

namespace pinwheel {

// A starred state belongs to a reconnect, any other to a connect() that has not succeeded yet. `closing/`
// names the plan. In the open state one try is taken, the subscriptions are sent, and one ping is unanswered.
// No jitter; delays from 1 s. A section holds for all events of its first line. An event may have several.
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
    closing/never -> stays: warn(connect() changes nothing: the session is CLOSING permanently; make a new
            manager)
    closed -> stays: warn(connect() changes nothing: the session is CLOSED permanently; make a new manager)

request_disconnect | close
    idle -> stays: record_stop(USER_REQUESTED, failure kept)
    connecting connecting* -> DISCONNECTED idle: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> DISCONNECTED idle: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> DISCONNECTED idle: disarm(window_check), record_stop(USER_REQUESTED)
    closing/never closed -> ignored

request_disconnect
    open -> CLOSING closing/on_window: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/delay closing/connect -> CLOSING closing/on_window
    closing/now -> CLOSING closing/none
    closing/window -> ignored

close
    open -> CLOSING closing/none: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none -> ignored
    closing/now closing/delay closing/window closing/connect -> CLOSING closing/none

request_disconnect, reconnect after 5 s | schedule_reconnect in 5 s | schedule_reconnect now
    open -> CLOSING closing/after_delay: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/now closing/window closing/connect -> CLOSING closing/after_delay
    closing/delay -> ignored
    closing/never -> stays: warn(no reconnect is planned: the session is CLOSING permanently; make a new
            manager)
    closed -> stays: warn(no reconnect is planned: the session is CLOSED permanently; make a new manager)

request_disconnect, reconnect after 5 s
    idle -> stays: warn(no reconnect is planned: the session is DISCONNECTED)
    connecting -> RECONNECTING backoff: abort_transport, arm(backoff, 5 s)
    backoff -> RECONNECTING backoff: disarm(backoff), arm(backoff, 5 s)
    window -> RECONNECTING backoff: disarm(window_check), arm(backoff, 5 s)

schedule_reconnect in 5 s | schedule_reconnect now
    connecting backoff window -> stays: warn(no reconnect is planned: the session is CONNECTING)

request_disconnect, reconnect after 5 s | schedule_reconnect in 5 s
    connecting* -> RECONNECTING backoff: abort_transport, arm(backoff, 5 s)
    backoff* -> stays: disarm(backoff), arm(backoff, 5 s)
    window* -> RECONNECTING backoff: disarm(window_check), arm(backoff, 5 s)

schedule_reconnect in 5 s
    idle -> RECONNECTING backoff: arm(backoff, 5 s)

schedule_reconnect now
    idle -> RECONNECTING connecting: start_connect(again)
    connecting* -> stays: abort_transport, start_connect(again)
    backoff* -> RECONNECTING connecting: disarm(backoff), start_connect(again)
    window* -> RECONNECTING connecting: disarm(window_check), start_connect(again)

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

shutdown | force_close
    idle -> CLOSED closed: record_stop(USER_REQUESTED)
    connecting connecting* -> CLOSED closed: abort_transport, record_stop(USER_REQUESTED)
    backoff backoff* -> CLOSED closed: disarm(backoff), record_stop(USER_REQUESTED)
    window window* -> CLOSED closed: disarm(window_check), record_stop(USER_REQUESTED)
    closed -> ignored

shutdown
    open -> CLOSING closing/never: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), send_close(1000)
    closing/none closing/now closing/delay closing/window closing/connect -> CLOSING closing/never
    closing/never -> ignored

force_close
    open -> CLOSED closed: abort_transport(1000), disarm(disconnect_check), disarm(lifetime),
            disarm(stable), disarm(keepalive), notify_disconnected(USER_REQUESTED)
    closing/none closing/connect closing/never -> CLOSED closed: abort_transport(1000),
            notify_disconnected(USER_REQUESTED)
    closing/now -> CLOSED closed: abort_transport(1000), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> CLOSED closed: abort_transport(1000), notify_disconnected(SCHEDULED)
    closing/window -> CLOSED closed: abort_transport(1000), notify_disconnected(CALLBACK_TRIGGERED)

subscribe
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: send_subscribe(1)

unsubscribe
    idle connecting backoff window connecting* backoff* window* closing closed -> ignored
    open -> stays: send_unsubscribe(1)

up
    idle backoff window open backoff* window* closing closed -> ignored
    connecting connecting* -> CONNECTED open: arm(stable, 60 s), arm(lifetime, 86100 s),
            arm(disconnect_check, 3600 s), arm(keepalive, 20 s), notify_connected

connect_handled
    idle connecting backoff window open connecting* backoff* window* closing closed -> ignored

ended: close handshake done | ended: reset | ended: closed by the peer with 1001 |
        ended: closed by the peer with 1013 | ended: HTTP 403 | ended: HTTP 503, Retry-After 90 s
    idle backoff window backoff* window* closed -> ignored
    closing/none -> DISCONNECTED idle: notify_disconnected(USER_REQUESTED)
    closing/connect -> CONNECTING connecting: start_connect, notify_disconnected(USER_REQUESTED)
    closing/never -> CLOSED closed: notify_disconnected(USER_REQUESTED)

ended: close handshake done | ended: reset | ended: closed by the peer with 1001 | ended: HTTP 403
    closing/now -> RECONNECTING connecting: start_connect(again), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 9 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 0 s),
            notify_disconnected(CALLBACK_TRIGGERED)

ended: close handshake done | ended: reset | ended: closed by the peer with 1001
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 1 s)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s)

ended: close handshake done | ended: reset | ended: HTTP 403
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(NETWORK_ERROR)

ended: closed by the peer with 1001
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 2 s), notify_disconnected(SERVER_CLOSED)

ended: closed by the peer with 1013
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 30 s)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 30 s)
    closing/now -> RECONNECTING backoff: arm(backoff, 30 s), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 30 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 30 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 30 s), notify_disconnected(SERVER_CLOSED)

ended: HTTP 503, Retry-After 90 s
    connecting -> CONNECTING backoff, tries 1: arm(backoff, 90 s)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 90 s)
    closing/now -> RECONNECTING backoff: arm(backoff, 90 s), notify_disconnected(CONNECTION_LIMIT)
    closing/delay -> RECONNECTING backoff: arm(backoff, 90 s), notify_disconnected(SCHEDULED)
    closing/window -> RECONNECTING awaiting_window: arm(window_check, 90 s),
            notify_disconnected(CALLBACK_TRIGGERED)
    open -> RECONNECTING backoff, tries 2: disarm(disconnect_check), disarm(lifetime), disarm(stable),
            disarm(keepalive), arm(backoff, 90 s), notify_disconnected(NETWORK_ERROR)

ended: HTTP 403
    connecting -> DISCONNECTED idle: notify_gave_up(attempts: 1, the server refused the upgrade)
    connecting* -> RECONNECTING backoff, tries 2: arm(backoff, 2 s), warn(an error that seldom passes;
            it is tried again, as the budget allows)

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
