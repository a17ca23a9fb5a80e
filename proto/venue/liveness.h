#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../../core/clock.h"
#include "channel_table.h"

namespace pinwheel {

/// Limits the silence of a connection's data or heartbeats. After one limit it alerts, after two the channels
/// are subscribed again, after three the connection is replaced. Threading: one thread. Allocates: nothing.
class SilenceClock {
  public:
    enum class Step : std::uint8_t { none, alert, resubscribe, reconnect };

    /// 0: off.
    explicit SilenceClock(Duration limit) noexcept : limit_(limit) {}

    void start(TimePoint now) noexcept;
    void stop() noexcept { last_.reset(); }
    /// Data came, or the heartbeat of the profile.
    void on_data(TimePoint now) noexcept;
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// The due step. Missed steps are not made up for.
    [[nodiscard]] Step due(TimePoint now) noexcept;
    /// Data came within half of the limit.
    [[nodiscard]] bool has_data(TimePoint now) const noexcept {
        return last_data_ && now - *last_data_ < limit_ / 2;
    }
    /// A step was due since the last data.
    [[nodiscard]] bool is_silent() const noexcept { return steps_ > 0; }

  private:
    Duration limit_;
    std::optional<TimePoint> last_, last_data_;  // last_: of the data, or of the start
    int steps_ = 0;                              // since the last data
};

/// The liveness of a connection whose server pings: a ping or a message must come within the limit.
/// Threading: one thread. Allocates: nothing.
class LifeClock {
  public:
    /// 0: off.
    explicit LifeClock(Duration limit) noexcept : limit_(limit) {}

    void start(TimePoint now) noexcept {
        if (limit_ > Duration{}) last_ = now;
    }
    void stop() noexcept { last_.reset(); }
    /// A ping came, or a message.
    void on_life(TimePoint now) noexcept {
        if (last_) last_ = now;
    }
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept {
        return last_ ? std::optional(time_after(*last_, limit_)) : std::nullopt;
    }
    [[nodiscard]] bool is_over(TimePoint now) const noexcept { return last_ && now >= *deadline(); }

  private:
    Duration limit_;
    std::optional<TimePoint> last_;
};

/// The venue's own pings. With `only_if_quiet` the interval counts from the last bytes received. Threading:
/// one thread. Invariant: at most one ping is unanswered. Allocates: nothing.
class VenuePing {
  public:
    enum class Step : std::uint8_t { none, send, timed_out };

    explicit VenuePing(const detail::PingFormat& format) noexcept
        : interval_(format.interval), timeout_(format.timeout), only_if_quiet_(format.only_if_quiet) {}

    void start(TimePoint now) noexcept;
    void stop() noexcept;
    void on_bytes(TimePoint now) noexcept;
    void on_pong(TimePoint now) noexcept;
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// After `send` the ping must be sent. Call sent() once it was: a pacer may hold it back.
    [[nodiscard]] Step due(TimePoint now) const noexcept;
    void sent(TimePoint now) noexcept;

  private:
    Duration interval_, timeout_;
    bool only_if_quiet_;
    std::optional<TimePoint> next_;
    std::optional<TimePoint> unanswered_;
};

/// Channels without data for their own time limit. The channels of one limit form a list, the one with the
/// oldest data first, so that data costs one move to its end. Threading: one thread. Invariant: each list is
/// ordered by the time of the last data. Allocates: in watch().
class StaleChannels {
  public:
    /// Watches the channel from now on; `after` above 0. A second call changes its limit.
    void watch(ChannelId channel, Duration after, TimePoint now);
    void forget(ChannelId channel) noexcept;
    void on_data(ChannelId channel, TimePoint now) noexcept;
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// A stale channel. Each is reported once until data comes again.
    [[nodiscard]] std::optional<ChannelId> next_stale(TimePoint now) noexcept;

  private:
    struct Link {
        ChannelId before = kNoChannel;
        ChannelId after = kNoChannel;
        std::uint32_t list = UINT32_MAX;  // none: not watched
        bool is_linked = false;           // false: it is stale and was reported
        TimePoint last{};
    };
    struct List {
        Duration time{};
        ChannelId first = kNoChannel;
        ChannelId last = kNoChannel;
    };

    void append(ChannelId channel, TimePoint now) noexcept;
    void unlink(ChannelId channel) noexcept;

    std::vector<Link> links_;
    std::vector<List> lists_;
};

}  // namespace pinwheel
