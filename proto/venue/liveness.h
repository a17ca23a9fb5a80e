#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../../core/clock.h"
#include "channel_table.h"

namespace pinwheel {

/// A connection's data, or its heartbeats, must not be silent for longer than a limit: first an alert, after
/// as long again the channels are subscribed anew, after a third time the connection is replaced.
/// Threading: one thread. Allocates: nothing.
class SilenceClock {
  public:
    enum class Step : std::uint8_t { none, alert, resubscribe, reconnect };

    /// 0: off.
    explicit SilenceClock(Duration limit) noexcept : limit_(limit) {}

    void start(TimePoint now) noexcept;
    void stop() noexcept { last_.reset(); }
    /// Data came, or what the profile has as a heartbeat.
    void on_data(TimePoint now) noexcept;
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// What is due; a step that was slept through is not made up for.
    [[nodiscard]] Step due(TimePoint now) noexcept;

  private:
    Duration limit_;
    std::optional<TimePoint> last_;
    int steps_ = 0;  // since the last data
};

/// The life of a connection whose server pings: something must come within the limit. Threading: one thread.
/// Allocates: nothing.
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

/// The venue's own pings. With `only_if_quiet` the interval counts from the last bytes received.
/// Threading: one thread. Invariant: at most one ping is unanswered. Allocates: nothing.
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
    /// After `send` the ping is to be sent, and sent() called once it was: a pacer may hold it back.
    [[nodiscard]] Step due(TimePoint now) const noexcept;
    void sent(TimePoint now) noexcept;

  private:
    Duration interval_, timeout_;
    bool only_if_quiet_;
    std::optional<TimePoint> next_;
    std::optional<TimePoint> unanswered_;
};

/// Channels that have had no data for their own time. Channels of one time stand in a list, the one with the
/// oldest data first, so that data costs a move to its end. Threading: one thread. Invariant: each list is
/// ordered by the time of the last data. Allocates: in watch().
class StaleChannels {
  public:
    /// From now on; `after` above 0. Watching it again changes its time.
    void watch(ChannelId channel, Duration after, TimePoint now);
    void forget(ChannelId channel) noexcept;
    void on_data(ChannelId channel, TimePoint now) noexcept;
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// A channel that is stale, told once until data comes again.
    [[nodiscard]] std::optional<ChannelId> next_stale(TimePoint now) noexcept;

  private:
    struct Link {
        ChannelId before = kNoChannel;
        ChannelId after = kNoChannel;
        std::uint32_t list = UINT32_MAX;  // none: not watched
        bool is_linked = false;           // else it is stale and was told
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
