#include <filesystem>
#include <string>

#include "../../core/text_file.h"
#include "../../tools/pinwheel/terminal/latency_plot.h"
#include "../support/frames.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

void expect_percentiles_in_order(const std::string& json) {
    std::uint64_t before = 1;
    for (const std::string name : {"p50", "p90", "p99", "p999", "p9999", "max"}) {
        const auto value = number_at(json, "/latency_ns/" + name);
        EXPECT_GE(value, before) << name << " in " << json;
        before = value;
    }
}

TEST(Latency, MeasuresFromTheKernelsArrivalOrAStampAndDraws) {
    const TempDir folder;
    const FeedCommand feed;
    for (const std::vector<std::string>& from : {std::vector<std::string>{}, {"--stamp", "/ts"}}) {
        const std::string file = folder.path("plot.svg");
        std::vector<std::string> words{"latency", feed.url(), "--subscribe", "*",  "--seconds",
                                       "0.4",     "--json",   "--plot",      file, "--epoll"};
        words.insert(words.end(), from.begin(), from.end());
        const auto outcome = run(words);
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
        EXPECT_EQ(outcome.errors, "");
        EXPECT_GT(number_at(outcome.output, "/measured"), 0U);
        EXPECT_GE(number_at(outcome.output, "/messages"), number_at(outcome.output, "/measured"));
        expect_percentiles_in_order(outcome.output);
        const auto svg = read_text_file(file);
        ASSERT_TRUE(svg);
        EXPECT_TRUE(svg->starts_with("<svg ") && svg->ends_with("</svg>\n"));
        EXPECT_NE(svg->find(from.empty() ? ">kernel arrival to handler" : ">stamp /ts to handler"),
                  std::string::npos);
        EXPECT_EQ(svg->find("disconnected"), std::string::npos);
    }
    const auto text = run({"latency", feed.url(), "--subscribe", "*", "--seconds", "0.2"});
    EXPECT_EQ(lines_of(text.output), 2U);
    EXPECT_NE(text.output.find("kernel arrival to handler: p50 "), std::string::npos) << text.output;
}

TEST(Latency, MarksReconnects) {
    const TempDir folder;
    const std::string config = folder.write(
        "now.json", R"({"websocket": {"reconnect": {"delay": 0}}, "reactor": {"mode": "epoll"}})");
    const std::string file = folder.write("plot.svg", std::string(100'000, 'x'));
    const RawServer server(upgraded_and(text_frame("one")));
    const auto outcome = run({"latency", "ws://" + server.authority() + "/?key=secret", "--config", config,
                              "--seconds", "0.3", "--retries", "1000000", "--json", "--plot", file});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_GT(number_at(outcome.output, "/disconnects"), 0U);
    const auto svg = read_text_file(file);
    ASSERT_TRUE(svg);
    EXPECT_NE(svg->find(">disconnected ("), std::string::npos);
    EXPECT_EQ(svg->find("secret"), std::string::npos);
    EXPECT_TRUE(svg->ends_with("</svg>\n")) << "what was in the file is still there";
}

TEST(Latency, RefusesAPlotThatCannotBeWrittenBeforeTheRun) {
    const TempDir folder;
    for (const std::string& file : {folder.path("none/plot.svg"), folder.path("")})
        expect_refusal(run({"latency", "ws://127.0.0.1:1/", "--plot", file}), 2,
                       {"--plot '" + file + "' cannot be written"});
}

TEST(Latency, LeavesNoPlotBehindWhenTheRunFails) {
    const TempDir folder;
    const std::string file = folder.path("plot.svg");
    expect_refusal(run({"latency", "ws://127.0.0.1:1/", "--plot", file}), 1, {"Connection refused"});
    EXPECT_FALSE(std::filesystem::exists(file));
    const std::string kept = folder.write("kept.svg", "kept");
    expect_refusal(run({"latency", "ws://127.0.0.1:1/", "--plot", kept}), 1, {"Connection refused"});
    EXPECT_EQ(*read_text_file(kept), "kept");
}

TEST(Latency, ExplainsAnEmptyMeasurement) {
    const FeedCommand feed;
    expect_refusal(run({"latency", feed.url(), "--seconds", "0.1"}), 1, {"no message came", "--subscribe"});
    expect_refusal(run({"latency", feed.url(), "--seconds", "0.2", "--subscribe", "*", "--stamp", "/none"}),
                   1, {"a value at --stamp '/none'"});
    expect_refusal(run({"latency", feed.url(), "--stamp", "ts"}), 2, {"--stamp 'ts' is not a JSON pointer"});
}

TEST(LatencyPlot, DrawsTheMeasurements) {
    tool::LatencyReport report{.title = "Latency of <one> & two", .seconds = 10};
    for (int i = 1; i <= 100'000; ++i) report.times.record(i * 10);
    for (int i = 0; i < 100; ++i)
        if (i < 40 || i > 50)
            report.slots.push_back(
                {.from = i * 0.1, .until = (i + 1) * 0.1, .p50 = 1000, .p99 = 5000, .max = 1'000'000});
    report.outages = {{.lost = 4.0, .up = 5.1}, {.lost = 9.95}};
    const std::string svg = draw_latency(report);
    EXPECT_NE(svg.find("Latency of &lt;one&gt; &amp; two"), std::string::npos);
    EXPECT_NE(svg.find(">p99.999<"), std::string::npos);
    EXPECT_NE(svg.find(">disconnected (2)<"), std::string::npos);
    const auto lines = [&svg] {
        std::size_t count = 0;
        for (auto at = svg.find("<polyline"); at != std::string::npos; at = svg.find("<polyline", at + 1))
            ++count;
        return count;
    }();
    EXPECT_EQ(lines, 1U + 3 * 2U) << "the curve, and three lines that are cut once";
    report.times.reset();
    report.times.record(500);
    report.slots.resize(1);
    report.outages.clear();
    EXPECT_EQ(draw_latency(report).find("nan"), std::string::npos);
    EXPECT_EQ(draw_latency(report).find(">p99<"), draw_latency(report).rfind(">p99<"));
}

}  // namespace
}  // namespace pinwheel::test
