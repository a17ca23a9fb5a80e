#include "../../../proto/delivery/prometheus.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../../support/subprocess.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

TEST(Prometheus, CountersAreNamedTotalAndGaugesHaveTheirUnit) {
    const WebSocketStats stats{.connects = 3,
                               .proactive_disconnects = 1,
                               .reactive_disconnects = 2,
                               .messages_received = 12345678901,
                               .bytes_received = 7,
                               .last_connect_time = SystemTime{1'700'000'000s},
                               .messages_dropped = 9,
                               .ping = {.last = 1500us},
                               .bytes_to_send = 11,
                               .queued = 4};
    std::string text;
    append_prometheus(text, stats);
    for (const char* line :
         {"pinwheel_connects_total 3\n", "pinwheel_disconnects_total{kind=\"proactive\"} 1\n",
          "pinwheel_disconnects_total{kind=\"reactive\"} 2\n",
          "pinwheel_messages_received_total 12345678901\n", "pinwheel_received_bytes_total 7\n",
          "pinwheel_messages_dropped_total 9\n", "pinwheel_send_buffer_bytes 11\n",
          "pinwheel_queued_messages 4\n", "pinwheel_ping_round_trip_seconds 0.0015\n",
          "pinwheel_last_connect_timestamp_seconds 1.7e+09\n", "# TYPE pinwheel_connects_total counter\n",
          "# TYPE pinwheel_queued_messages gauge\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Prometheus, LabelsStandInEachSample) {
    std::string text;
    append_prometheus(text, WebSocketStats{}, R"(venue="one")");
    EXPECT_NE(text.find("pinwheel_connects_total{venue=\"one\"} 0\n"), std::string::npos);
    EXPECT_NE(text.find("pinwheel_disconnects_total{venue=\"one\",kind=\"reactive\"} 0\n"),
              std::string::npos);
}

TEST(Prometheus, EachFamilyIsDeclaredOnceBeforeItsSamples) {
    std::string text;
    append_prometheus(text, WebSocketStats{});
    Histogram histogram;
    append_prometheus(text, histogram, "pinwheel_latency_seconds", "Latency.");
    std::set<std::string> declared;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first, second, name;
        words >> first >> second >> name;
        if (first == "#" && second == "TYPE") {
            EXPECT_TRUE(declared.insert(name).second) << name;
        }
        if (first == "#") continue;
        std::string family = first.substr(0, first.find('{'));
        for (const char* suffix : {"_bucket", "_sum", "_count"})
            if (family.ends_with(suffix)) family.resize(family.size() - std::string(suffix).size());
        EXPECT_TRUE(declared.contains(family)) << line;
    }
    EXPECT_GT(declared.size(), 15U);
}

TEST(Prometheus, HistogramBucketsCountUpToTheirBound) {
    Histogram histogram;
    histogram.record(1'500);      // 1.5 us
    histogram.record(3'000'000);  // 3 ms
    std::string text;
    append_prometheus(text, histogram, "pinwheel_latency_seconds", "Latency.");
    for (const char* line :
         {"pinwheel_latency_seconds_bucket{le=\"1e-06\"} 0\n",
          "pinwheel_latency_seconds_bucket{le=\"2e-06\"} 1\n",
          "pinwheel_latency_seconds_bucket{le=\"0.002\"} 1\n",
          "pinwheel_latency_seconds_bucket{le=\"0.005\"} 2\n",
          "pinwheel_latency_seconds_bucket{le=\"10\"} 2\n",
          "pinwheel_latency_seconds_bucket{le=\"+Inf\"} 2\n", "pinwheel_latency_seconds_count 2\n",
          "pinwheel_latency_seconds_sum 0.0030015\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

/// promtool's complaints about the page; empty: none.
std::string complaints_of_promtool(const std::string& text) {
    test::Subprocess promtool({"promtool", "check", "metrics"}, test::Subprocess::Errors::kept);
    promtool.write(text);
    const auto outcome = promtool.finish();
    return outcome.status == 0 ? outcome.output + outcome.errors
                               : "status " + std::to_string(outcome.status) + ": " + outcome.errors;
}

TEST(Prometheus, L4SeveralSessionsAreOneExposition) {
    const WebSocketStats one{.connects = 1};
    const WebSocketStats two{.connects = 2};
    Histogram fast;
    fast.record(1'500);
    const Histogram idle;
    std::string text;
    append_prometheus(text, std::array<LabelledStats, 2>{{{one, R"(venue="one")"}, {two, R"(venue="two")"}}});
    append_prometheus(text,
                      std::array<LabelledHistogram, 2>{{{fast, R"(venue="one")"}, {idle, R"(venue="two")"}}},
                      "pinwheel_message_latency_seconds", "Latency.");
    EXPECT_NE(
        text.find("pinwheel_connects_total{venue=\"one\"} 1\npinwheel_connects_total{venue=\"two\"} 2\n"),
        std::string::npos)
        << text;
    EXPECT_EQ(complaints_of_promtool(text), "");

    std::string twice;  // promtool must refuse this
    append_prometheus(twice, one, R"(venue="one")");
    append_prometheus(twice, two, R"(venue="two")");
    EXPECT_NE(complaints_of_promtool(twice), "");
}

TEST(Prometheus, L4NoSessionGivesNoText) {
    std::string text;
    append_prometheus(text, std::span<const LabelledStats>{});
    append_prometheus(text, std::span<const LabelledHistogram>{}, "pinwheel_x_seconds", "X.");
    EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace pinwheel
