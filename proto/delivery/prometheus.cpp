#include "prometheus.h"

#include "prometheus_family_impl.h"

namespace pinwheel {
namespace {

double seconds_of(Duration time) noexcept {
    return std::chrono::duration<double>(time).count();
}
double seconds_of(SystemTime time) noexcept {
    return seconds_of(time.time_since_epoch());
}

}  // namespace

void append_prometheus(std::string& out, const WebSocketStats& stats, std::string_view labels) {
    const LabelledStats one{stats, labels};
    append_prometheus(out, std::span(&one, 1));
}

void append_prometheus(std::string& out, std::span<const LabelledStats> all) {
    if (all.empty()) return;
    const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        detail::PrometheusFamily samples(out, name, type, help);
        for (const auto& one : all) samples.sample("", one.labels, "", value(one.stats));
    };
    const auto counter = [&](std::string_view name, std::string_view help,
                             std::uint64_t WebSocketStats::*value) {
        family(name, "counter", help, [&](const WebSocketStats& stats) { return stats.*value; });
    };
    const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
        family(name, "gauge", help, value);
    };
    using Stats = WebSocketStats;
    counter("pinwheel_connects_total", "Connections that came up.", &Stats::connects);
    detail::PrometheusFamily disconnects(out, "pinwheel_disconnects_total", "counter",
                                         "Connections that ended, by whose doing.");
    for (const auto& one : all) {
        disconnects.sample("", one.labels, R"(kind="proactive")", one.stats.proactive_disconnects);
        disconnects.sample("", one.labels, R"(kind="reactive")", one.stats.reactive_disconnects);
    }
    counter("pinwheel_reconnect_tries_total", "Attempts that were not the first of a connect().",
            &Stats::reconnect_tries);
    counter("pinwheel_messages_received_total", "Messages received.", &Stats::messages_received);
    counter("pinwheel_messages_sent_total", "Messages sent.", &Stats::messages_sent);
    counter("pinwheel_received_bytes_total", "Payload received.", &Stats::bytes_received);
    counter("pinwheel_sent_bytes_total", "Payload sent.", &Stats::bytes_sent);
    counter("pinwheel_messages_dropped_total", "Messages for which the ring had no room.",
            &Stats::messages_dropped);
    counter("pinwheel_protocol_errors_total", "Connections lost because the peer broke the protocol.",
            &Stats::protocol_errors);
    counter("pinwheel_tls_resumptions_total", "TLS sessions taken up again.", &Stats::resumed_handshakes);
    detail::PrometheusFamily records(out, "pinwheel_tls_connections_total", "counter",
                                     "TLS connections that came up, by who opens and seals their records.");
    for (const auto& one : all) {
        records.sample("", one.labels, R"(records="openssl")", one.stats.tls_openssl);
        records.sample("", one.labels, R"(records="in-place-evp")", one.stats.tls_in_place_evp);
        records.sample("", one.labels, R"(records="in-place-ipsec-mb")", one.stats.tls_in_place_ipsec_mb);
    }
    gauge("pinwheel_send_buffer_bytes", "Bytes that wait for the socket.",
          [](const Stats& stats) { return stats.bytes_to_send; });
    gauge("pinwheel_queued_messages", "Messages that wait in the ring.",
          [](const Stats& stats) { return stats.queued; });
    gauge("pinwheel_queued_messages_max", "The most that ever waited in the ring.",
          [](const Stats& stats) { return stats.queued_high_water; });
    gauge("pinwheel_queued_bytes", "Bytes of the ring that waiting records take.",
          [](const Stats& stats) { return stats.queued_bytes; });
    gauge("pinwheel_queued_bytes_max", "The most bytes of the ring that waiting records ever took.",
          [](const Stats& stats) { return stats.queued_bytes_high_water; });
    gauge("pinwheel_ping_round_trip_seconds", "The last ping's round trip.",
          [](const Stats& stats) { return seconds_of(stats.ping.last); });
    gauge("pinwheel_ping_round_trip_smoothed_seconds", "Smoothed round trip of pings.",
          [](const Stats& stats) { return seconds_of(stats.ping.smoothed); });
    gauge("pinwheel_last_connect_timestamp_seconds", "Unix time of the last connect; 0: never.",
          [](const Stats& stats) { return seconds_of(stats.last_connect_time); });
    gauge("pinwheel_last_disconnect_timestamp_seconds", "Unix time of the last disconnect; 0: never.",
          [](const Stats& stats) { return seconds_of(stats.last_disconnect_time); });
    gauge("pinwheel_last_message_timestamp_seconds", "Unix time of the last message; 0: never.",
          [](const Stats& stats) { return seconds_of(stats.last_message_time); });
}

void append_prometheus(std::string& out, const Histogram& histogram, std::string_view name,
                       std::string_view help, std::string_view labels) {
    const LabelledHistogram one{histogram, labels};
    append_prometheus(out, std::span(&one, 1), name, help);
}

void append_prometheus(std::string& out, std::span<const LabelledHistogram> all, std::string_view name,
                       std::string_view help) {
    if (all.empty()) return;
    detail::PrometheusFamily family(out, name, "histogram", help);
    for (const auto& [histogram, labels] : all) {
        for (std::uint64_t decade = 1'000; decade <= 10'000'000'000; decade *= 10)
            for (const std::uint64_t step : {1U, 2U, 5U}) {
                const std::uint64_t bound = decade * step;
                if (bound > 10'000'000'000) break;
                family.sample("_bucket", labels,
                              "le=\"" + detail::prometheus_number(static_cast<double>(bound) / 1e9) + "\"",
                              histogram.count_at_most(bound));
            }
        family.sample("_bucket", labels, R"(le="+Inf")", histogram.count());
        family.sample("_sum", labels, "", histogram.sum() / 1e9);
        family.sample("_count", labels, "", histogram.count());
    }
}

}  // namespace pinwheel
