#pragma once

#include <chrono>

/// The times at which a strategy that acts at the close of each candle needs its feed: from some time before
/// the close until some time after it. Candles begin at multiples of their length in Unix time.
struct CandleWindow {
    using Duration = std::chrono::nanoseconds;
    using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

    Duration candle = std::chrono::hours{4};
    Duration before = std::chrono::minutes{10};
    Duration after = std::chrono::minutes{5};

    [[nodiscard]] bool is_approaching_candle(Time now) const { return candle - since_open(now) <= before; }
    [[nodiscard]] bool is_critical_time(Time now) const {
        return is_approaching_candle(now) || since_open(now) < after;
    }

  private:
    [[nodiscard]] Duration since_open(Time now) const { return now.time_since_epoch() % candle; }
};
