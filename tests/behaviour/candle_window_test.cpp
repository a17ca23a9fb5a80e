// A day of the trading example: connected around the close of each 4-hour candle, and at no other time.

#include "../../tools/examples/candle_window.h"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class CandleDay : public ManagedTest {
  protected:
    CandleDay() {
        options.ping_interval = WebSocketOptions::Seconds(0);
        options.should_disconnect = [this] { return !window.is_critical_time(reactor.system_now()); };
        options.should_reconnect = [this] { return window.is_approaching_candle(reactor.system_now()); };
        options.on_connect = [this] { note("connect"); };
        options.on_disconnect = [this](DisconnectReason reason) { note(std::string(to_string(reason))); };
    }

    void note(const std::string& what) {
        const auto of_day = reactor.system_now().time_since_epoch() % 24h;
        std::array<char, 16> time{};
        std::snprintf(time.data(), time.size(), "%02d:%02d ", static_cast<int>(of_day / 1h),
                      static_cast<int>(of_day % 1h / 1min));
        day.push_back(time.data() + what);
    }
    /// Advances time. The server answers each close frame.
    void live(Duration time) {
        for (auto passed = 0s; passed < time; passed += 1s) {
            clock.advance(1s - 2ms);  // each turn takes one more
            turn(2);
            if (ws().state() != ConnectionState::closing) continue;
            script(dialer.dials() - 1).bytes(close_frame(1000));
            turn(1);
        }
    }

    const CandleWindow window;  // 4 h, from 10 min before until 5 min after each close
    std::vector<std::string> day;
};

TEST_F(CandleDay, ConnectsBeforeEachCloseAndDisconnectsAfterIt) {
    clock.advance(24h - reactor.system_now().time_since_epoch() % 24h);
    for (int i = 0; i < 7; ++i) dialer.plan();
    make().subscribe("btcusdt@kline_4h");
    ws().connect();
    live(24h);
    EXPECT_EQ(day, (std::vector<std::string>{"00:00 connect", "00:05 CALLBACK_TRIGGERED",  //
                                             "03:50 connect", "04:05 CALLBACK_TRIGGERED",  //
                                             "07:50 connect", "08:05 CALLBACK_TRIGGERED",  //
                                             "11:50 connect", "12:05 CALLBACK_TRIGGERED",  //
                                             "15:50 connect", "16:05 CALLBACK_TRIGGERED",  //
                                             "19:50 connect", "20:05 CALLBACK_TRIGGERED",  //
                                             "23:50 connect"}));
    for (std::size_t i = 0; i < 7; ++i)
        EXPECT_EQ(sent(i).at(0), R"(text {"type":"subscribe","channel":"btcusdt@kline_4h"})");
    EXPECT_EQ(ws().stats().proactive_disconnects, 6U);
    EXPECT_EQ(ws().stats().reactive_disconnects, 0U);
    EXPECT_EQ(ws().stats().reconnect_tries, 6U);
}

TEST_F(CandleDay, ReconnectsAtOnceIfTheVenueCutsAtTheClose) {
    clock.advance(24h - reactor.system_now().time_since_epoch() % 24h);
    for (int i = 0; i < 3; ++i) dialer.plan();
    make().connect();
    live(1min);
    script(0).end();
    live(5h);
    EXPECT_EQ(day, (std::vector<std::string>{"00:00 connect", "00:01 NETWORK_ERROR",  //
                                             "00:01 connect", "00:05 CALLBACK_TRIGGERED", "03:50 connect",
                                             "04:05 CALLBACK_TRIGGERED"}));
}

}  // namespace
}  // namespace pinwheel::test
