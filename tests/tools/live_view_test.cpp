#include "../../tools/pinwheel/terminal/live_view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../tools/pinwheel/terminal/screen_text.h"

namespace pinwheel::test {
namespace {

using namespace tool;
using namespace std::chrono_literals;

LiveState busy_state() {
    LiveState state;
    state.url = "ws://127.0.0.1:9000/";
    state.running = 1h + 2min + 3s;
    state.state = ConnectionState::connected;
    state.generation = 2;
    state.up = 65s;
    state.messages_per_second = 9998.7;
    state.bytes_per_second = 2'345'678;
    state.messages = 1'234'567;
    state.bytes = 98'100'000;
    state.rates = {5, 10};
    state.last_second = {.count = 9, .p50 = 12'300, .p99 = 45'600, .max = 812'000};
    state.overall = {.count = 99, .p50 = 999, .p99 = 2'100'000, .max = 3'000'000'000};
    state.p99s = {0, 1, 2, 4, 8};
    state.dropped = 7;
    state.disconnects = 1;
    state.ping = {.count = 3, .last = 212us, .min = 180us, .max = 1400us, .smoothed = 200us};
    state.queued = 30;
    state.queue_size = 100;
    state.queued_high_water = 41;
    state.last_message = R"({"type":"trade"})";
    state.notice = "lost; connecting again";
    return state;
}

TEST(LiveView, ShowsEverything) {
    const std::vector<std::string> expected{
        "pinwheel tail  ws://127.0.0.1:9000/                      1:02:03",
        "",
        "state       CONNECTED, connection 2, up 0:01:05",
        "rate        9,999 messages/s, 2.3 MB/s             ▅█",
        "total       1,234,567 messages, 98.1 MB",
        "",
        "latency           p50      p99      max  arrival to handler",
        "  last 1 s    12.3 us  45.6 us   812 us",
        "  overall      999 ns   2.1 ms    3.0 s",
        "  p99 by s  ▁▂▃▅█",
        "",
        "gaps        7 dropped, 1 disconnect",
        "round trip  212 us, smoothed 200 us, min 180 us, max 1.4 ms",
        "ring        [###       ] 30 of 100, high water 41",
        "",
        R"(last        {"type":"trade"})",
        "",
        "ctrl-C ends lost; connecting again"};
    EXPECT_EQ(render_live(busy_state(), {.columns = 64, .rows = 18}), expected);
    EXPECT_EQ(render_live(busy_state(), {.columns = 60, .rows = 18})[12], expected[12]);
    EXPECT_EQ(render_live(busy_state(), {.columns = 60, .rows = 18})[6], expected[6]);
}

// Section 7 of the feed's rules: a leg's share of first messages, its lead, its state.
TEST(LiveView, ShowsTheLegs) {
    LiveState state = busy_state();
    state.legs = {{.number = 0,
                   .state = LegState::up,
                   .firsts = 620,
                   .leads = 9,
                   .lead_p50 = 12'300,
                   .lead_p99 = 450'000},
                  {.number = 2, .state = LegState::connecting, .firsts = 380}};
    const auto lines = render_live(state, {.columns = 64, .rows = 20});
    EXPECT_EQ(lines[14], "leg 0       up         first  62 %, lead 12.3 us, p99 450 us");
    EXPECT_EQ(lines[15], "leg 2       connecting first  38 %, lead -");
    state.legs = {{.number = 0}};
    EXPECT_EQ(render_live(state, {.columns = 64, .rows = 20})[14],
              "leg 0       down       first   0 %, lead -");
    EXPECT_EQ(render_live(state, kLeastScreen).size(), kLeastScreen.rows);
}

TEST(LiveView, ShowsThatThereIsNothingYet) {
    LiveState state;
    state.state = ConnectionState::connecting;
    state.unicode = false;
    const auto lines = render_live(state, {.columns = 70, .rows = 20});
    EXPECT_EQ(lines[2], "state       CONNECTING");
    EXPECT_EQ(lines[7], "  last 1 s          -        -        -");
    EXPECT_EQ(lines[12], "round trip  -");
    EXPECT_EQ(lines[13], "ring        0 queued, high water 0");
}

TEST(LiveView, FitsEveryScreenThatIsLargeEnough) {
    LiveState state = busy_state();
    state.url = "wss://" + std::string(300, 'u');
    state.rates.assign(300, 1);
    state.p99s.assign(300, 1);
    state.last_message = "{\n  \"a\": \"" + std::string(300, 'x') + "\"\n}\n\n\n\n\n\n\n\n\n\n\n\n";
    state.notice = std::string(300, 'n');
    for (std::size_t columns = kLeastScreen.columns; columns < 140; ++columns)
        for (std::size_t rows = kLeastScreen.rows; rows < 40; ++rows) {
            const auto lines = render_live(state, {.columns = columns, .rows = rows});
            ASSERT_EQ(lines.size(), rows);
            for (const auto& line : lines) ASSERT_LE(width_of(line), columns) << line;
            EXPECT_EQ(lines.back().substr(0, 13), "ctrl-C ends n");
        }
    const auto least = render_live(state, kLeastScreen);
    EXPECT_EQ(least[kLeastScreen.rows - 4].substr(0, 13), "last        {");
}

TEST(LiveView, ShowsAMessageOfManyLines) {
    LiveState state;
    state.last_message = "{\n  \"a\": 1\n}";
    const auto lines = render_live(state, {.columns = 80, .rows = 24});
    EXPECT_EQ(lines[15], "last        {");
    EXPECT_EQ(lines[16], "              \"a\": 1");
    EXPECT_EQ(lines[17], "            }");
}

TEST(LiveView, HasAStatusLine) {
    LiveState state = busy_state();
    EXPECT_EQ(render_status(state, 100),
              "CONNECTED, 1,234,567 messages, 9,999/s, p99 45.6 us, 7 dropped, 1 disconnect");
    EXPECT_EQ(render_status(state, 20), "CONNECTED, 1,234,5..");
    state = {};
    EXPECT_EQ(render_status(state, 100), "DISCONNECTED, 0 messages, 0/s");
}

TEST(ScreenText, IsCutToTheColumns) {
    EXPECT_EQ(fit("abcdef", 6), "abcdef");
    EXPECT_EQ(fit("abcdefg", 6), "abcd..");
    EXPECT_EQ(fit("abc", 1), "a");
    EXPECT_EQ(fit("", 6), "");
    EXPECT_EQ(fit("äöüß", 4), "äöüß");
    EXPECT_EQ(fit("äöüßa", 4), "äö..");
    EXPECT_EQ(fit("日本語", 6), "日本語");
    EXPECT_EQ(fit("日本語", 5), "日..");
    EXPECT_EQ(width_of("日本語"), 6U);
}

TEST(ScreenText, HoldsNothingThatATerminalObeys) {
    EXPECT_EQ(fit("a\033[2Jb\tc\nd\x7f", 20), "a.[2Jb.c.d.");
    EXPECT_EQ(fit("\xC2\x9B"
                  "31m",
                  20),
              ".31m")
        << "C1 control";
    EXPECT_EQ(fit("\xE2\x80\xAE"
                  "abc",
                  20),
              ".abc")
        << "turns the direction";
    EXPECT_EQ(fit("\xff\xc3(\xe2\x82", 20), "..(..");
}

TEST(Sparkline, ShowsTheLastOnesByTheLargest) {
    EXPECT_EQ(sparkline({}, 5, true), "");
    EXPECT_EQ(sparkline({0, 0}, 5, true), "▁▁");
    EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7, 8}, 9, true), "▁▂▃▄▅▆▇██");
    EXPECT_EQ(sparkline({100, 1, 2}, 2, false), "=#");
}

TEST(ShortTime, HasAUnitThatFits) {
    const std::vector<std::pair<std::uint64_t, std::string>> cases{
        {0, "0 ns"},         {999, "999 ns"},          {1'000, "1.0 us"},
        {99'940, "99.9 us"}, {99'950, "100 us"},       {999'499, "999 us"},
        {999'500, "1.0 ms"}, {1'500'000'000, "1.5 s"}, {400'000'000'000, "400 s"}};
    for (const auto& [time, text] : cases) EXPECT_EQ(short_time(time), text);
}

TEST(Grouped, HasACommaAtEachThousand) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'000), "1,000");
    EXPECT_EQ(grouped(123'456), "123,456");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace pinwheel::test
