#include "../../proto/delivery/prometheus_family_impl.h"
#include "relay_options.h"

namespace pinwheel {

void append_prometheus(std::string& out, const RelayStats& stats, std::string_view labels) {
    const auto one = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        detail::PrometheusFamily(out, name, type, help).sample("", labels, "", value);
    };
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        one(name, "counter", help, value);
    };
    counter("pinwheel_relay_taken_total", "Messages out of the ring.", stats.taken);
    counter("pinwheel_relay_published_total", "Messages handed to the NATS server.", stats.published);
    counter("pinwheel_relay_acknowledged_total", "Messages that the server has confirmed.",
            stats.acknowledged);
    counter("pinwheel_relay_duplicates_total", "Of these, messages that the stream had already.",
            stats.duplicates);
    counter("pinwheel_relay_late_total", "Messages too old for live subscribers.", stats.late);
    counter("pinwheel_relay_skipped_total", "Messages not published, since the stream is past them.",
            stats.skipped);
    counter("pinwheel_relay_dropped_total", "Messages not relayed, told on the control subject.",
            stats.dropped);
    counter("pinwheel_relay_ring_dropped_total", "Messages that the ring had no room for.",
            stats.ring_dropped);
    counter("pinwheel_relay_failures_total", "Calls, attempts and publications that failed.", stats.failures);
    counter("pinwheel_relay_connects_total", "Connections to the server.", stats.connects);
    one("pinwheel_relay_pending", "gauge", "Messages taken and not acknowledged.", stats.pending);
    one("pinwheel_relay_pending_bytes", "gauge", "Payload of these messages.", stats.pending_bytes);
    one("pinwheel_relay_age_seconds", "gauge", "Age of the oldest pending message.",
        std::chrono::duration<double>(stats.age).count());
    one("pinwheel_relay_connected", "gauge", "1 while messages can be published.",
        stats.is_connected ? 1 : 0);
}

}  // namespace pinwheel
