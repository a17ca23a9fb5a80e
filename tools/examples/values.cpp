// Limits from a config, the predicates of states and reasons, and how statistics are kept.
//     values

#include <pinwheel/pinwheel.h>

#include <cstdio>

namespace {

using namespace pinwheel;

void limits() {
    std::printf("%g\n", std::chrono::duration<double>(WebSocketLimits{}.ping_interval).count());
    std::printf("%u\n", WebSocketLimits{}.max_reconnect_attempts);
    const auto resolved =
        get_websocket_limits(R"({"websocket": {"ping": {"interval": 1}, "queue": {"size": "many"}}})");
    for (const LimitValue& value : resolved->values)
        if (value.origin != LimitOrigin::default_value) std::puts(value.describe().c_str());
    for (const LimitWarning& warning : resolved->warnings) std::puts(warning.message().c_str());

    Reactor reactor;
    const WebSocketManager ws(reactor, "wss://example.com/ws", {.queue_size = 50, .config = *resolved});
    std::printf("%s: %s\n", ws.url().c_str(), std::string(to_string(ws.state())).c_str());
}

void states_and_reasons() {
    static_assert(can_connect(ConnectionState::disconnected) && !can_connect(ConnectionState::connected));
    static_assert(can_send(ConnectionState::connected) && !can_send(ConnectionState::disconnected));
    static_assert(is_terminal(ConnectionState::closed) && !is_terminal(ConnectionState::disconnected));
    static_assert(is_proactive(DisconnectReason::user_requested));
    static_assert(!is_proactive(DisconnectReason::network_error));
    static_assert(is_reactive(DisconnectReason::server_closed));
    static_assert(!is_reactive(DisconnectReason::user_requested));
}

void statistics() {
    SteadyClock clock;
    StatsRecorder recorder(clock.now(), clock.system_now());
    std::printf("%lld\n", static_cast<long long>(recorder.snapshot().connection_time(clock.now()).count()));
    recorder.record_connect(clock.now(), clock.system_now());
    recorder.record_messages_received(1, 100, clock.now());
    recorder.record_message_sent(50, 0, clock.now());
    recorder.record_disconnect(true, clock.now());
    recorder.record_disconnect(false, clock.now());
    const WebSocketStats stats = recorder.snapshot();
    std::printf("%d connect, %d + %d disconnects, %d bytes in, %d bytes out, up: %d\n",
                static_cast<int>(stats.connects), static_cast<int>(stats.proactive_disconnects),
                static_cast<int>(stats.reactive_disconnects), static_cast<int>(stats.bytes_received),
                static_cast<int>(stats.bytes_sent), stats.uptime(clock.now()) > Duration::zero());
    recorder.reset(clock.now(), clock.system_now());
    std::printf("%d\n", static_cast<int>(recorder.snapshot().connects));
}

}  // namespace

int main() {
    limits();
    states_and_reasons();
    statistics();
}
