#pragma once

#include <ctime>

#include <algorithm>
#include <cstdint>
#include <string>

#include "../../../proto/delivery/prometheus.h"
#include "../../../proto/session/manager.h"

namespace pinwheel::test {

/// A session with the flood server. It keeps its send buffer full, so that the answers of TLS find the socket
/// full.
class Flooded {
  public:
    Flooded(Reactor& reactor, const std::string& url, const std::string& authority)
        : ws_(reactor, url,
              {.on_message = [](const Message&) {},
               .ping_interval = Duration(200'000'000),
               .ping_timeout = Duration(400'000'000),
               .connection_timeout = Duration(500'000'000),
               .reconnect_delay = Duration(10'000'000),
               .max_reconnect_delay = Duration(100'000'000),
               .max_reconnect_attempts = 1'000'000,
               .send_buffer_limit = 4 * kChunk,
               .close_timeout = Duration(300'000'000),
               .network = {.tls = {.ca_file = authority}}}),
          chunk_(kChunk, 'c') {
        ws_.connect();
    }

    /// Call it between turns.
    void act() {
        if (ws_.is_recoverable()) ws_.connect();
        if (ws_.is_connected()) std::ignore = ws_.try_send(chunk_);
    }
    [[nodiscard]] WebSocketManager& ws() noexcept { return ws_; }

  private:
    static constexpr std::size_t kChunk = std::size_t{64} << 10;

    WebSocketManager ws_;
    const std::string chunk_;
};

/// Turns a reactor and measures it by the thread's processor time, which neither sleep nor other programs
/// lengthen.
class TurnMeter {
  public:
    void turn(Reactor& reactor, Duration most) {
        const Duration before = spent();
        const int work = reactor.poll_for(most);
        longest_ = std::max(longest_, spent() - before);
        busiest_ = std::max(busiest_, work);
        ++turns_;
    }
    [[nodiscard]] std::uint64_t turns() const noexcept { return turns_; }
    [[nodiscard]] Duration longest() const noexcept { return longest_; }
    /// The most work of a turn, as the reactor counts it.
    [[nodiscard]] int busiest() const noexcept { return busiest_; }

  private:
    static Duration spent() noexcept {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

    std::uint64_t turns_ = 0;
    Duration longest_{};
    int busiest_ = 0;
};

}  // namespace pinwheel::test
