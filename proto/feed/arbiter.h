#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "../../core/function_ref.h"
#include "../../core/histogram.h"
#include "arbiter_parts.h"
#include "feed_defaults.h"

namespace pinwheel {

/// The comparison of a channel's legs.
enum class ArbiterMode : std::uint8_t {
    first_wins,  ///< numbered messages, split identically on all legs: the first leg to bring a message
                 ///< delivers it
    lead,        ///< numbered messages, split differently: one leg leads, another takes over where it
                 ///< continues
    content,     ///< no numbers: the k-th occurrence of a content is one message
    alone,       ///< no comparison: one leg is heard while it lives
};

struct ArbiterOptions {
    std::size_t legs = 2;                              ///< 1 to 5
    std::size_t hold_messages = kDefaultHoldMessages;  ///< the most held messages of a channel
    /// The hold time is twice the 99th percentile of the legs' skew, between these bounds.
    Duration min_hold = kDefaultMinHold;
    Duration max_hold = kDefaultMaxHold;
    std::size_t held_of_all = 1024;                 ///< the most waiting messages of all channels
    std::size_t held_bytes = std::size_t{1} << 20;  ///< the same limit in bytes
};

/// The properties of a channel's messages.
struct ArbiterChannel {
    SequenceOptions sequence{};
    bool is_identical = false;    ///< all connections split its messages identically
    bool is_independent = false;  ///< each message is meaningful alone, like a trade; a late one is news
    bool has_snapshots = false;
    bool match_content = false;  ///< compare contents where there are no numbers
};

/// A hole before a message.
struct ArbiterGap {
    /// Like SequenceStep. If it is not certain: the numbers between which something may be missing, both 0 if
    /// there are no numbers.
    std::int64_t from = 0, to = 0;
    bool is_certain = true;
};

/// A message for the consumer.
struct ArbiterDelivery {
    const FeedMessage& message;
    std::size_t leg = 0;
    std::optional<ArbiterGap> gap{};  ///< the hole before it
    bool is_first = false;            ///< the first of its leg's connection
    bool is_epoch = false;            ///< a snapshot, a reset, the first message
    bool is_late = false;             ///< its number was skipped before; only of independent messages
    bool is_overlap = false;          ///< a part of it, or all of it, may have been delivered before
};

struct ArbiterLegStats {
    std::uint64_t firsts = 0;      ///< messages that this leg brought first
    std::uint64_t duplicates = 0;  ///< messages that another leg had brought before
    std::uint64_t holes = 0;       ///< of its own numbers
    std::int64_t hole_from = 0;    ///< of the last hole, as in FeedGap
    std::int64_t hole_to = 0;      ///< the same
    std::uint64_t filled = 0;      ///< messages that another leg lacked
    Histogram lead{};              ///< of samples: the lead over the next leg, in ns
};

struct ArbiterChannelStats {
    std::optional<std::int64_t> last{};
    std::uint64_t gaps = 0;
    TimePoint last_time{};
};

/// Merges the messages of several legs into one stream: each message once, in the venue's order, with every
/// hole reported. A message is identified by the numbers on its leg: its own, and the number that it follows.
/// A message that does not follow yet is held until another leg has filled the hole, no leg can fill it, or
/// the hold time is over. A live leg delivers in order and without loss, unless its numbers show otherwise.
///
/// Threading: one thread. Time is an argument. Invariant: at most hold_messages of a channel are held.
/// Allocates: at construction and in add(). Its calls may come from inside `deliver`, except offer().
class Arbiter {
  public:
    static constexpr std::size_t kMaxLegs = 5;
    /// The time after which restarted numbers below the mark become a new epoch, if no leg continues at the
    /// mark. Until then they count as duplicates.
    static constexpr Duration kRestartAfter = std::chrono::seconds{5};
    static constexpr Duration kContentTime = std::chrono::seconds{1};
    using Deliver = FunctionRef<void(const ArbiterDelivery&)>;

    explicit Arbiter(const ArbiterOptions& options);

    /// Adds the next channel. Ids count from 0.
    void add(const ArbiterChannel& options);
    /// The channel is subscribed on the leg. The leg's next message is its first.
    void join(std::size_t leg, ChannelId id) noexcept;
    /// The leg no longer receives the channel. Its earlier messages still count. on_time() is due afterwards.
    void leave(std::size_t leg, ChannelId channel, TimePoint now) noexcept;
    /// The leg's connection ended.
    void leave_all(std::size_t leg, TimePoint now) noexcept;
    /// A rotation: `leg` takes over on channels with a leading leg, as soon as it continues. None: no leg.
    void prefer(std::optional<std::size_t> leg) noexcept { preferred_ = leg; }
    /// True if the leg could continue alone from its last message.
    [[nodiscard]] bool keeps_up(std::size_t leg, ChannelId id) const noexcept;
    /// The next snapshot goes to the consumer, whatever its number.
    void want_snapshot(ChannelId channel) noexcept { channels_[channel].wants_snapshot = true; }

    /// A data message of `message.channel`, with its numbers.
    void offer(std::size_t leg, const FeedMessage& message, const SequenceNumbers& numbers, TimePoint now,
               Deliver deliver);
    /// Releases held messages whose hold time is over.
    void on_time(TimePoint now, Deliver deliver);
    /// The time for on_time(), which may then have no work.
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

    [[nodiscard]] bool is_live(std::size_t leg, ChannelId channel) const noexcept {
        return channels_[channel].views[leg].is_live;
    }
    [[nodiscard]] ArbiterMode mode(ChannelId channel) const noexcept { return channels_[channel].mode; }
    [[nodiscard]] Duration hold_time() const noexcept { return hold_time_; }
    /// The number of held messages of all channels.
    [[nodiscard]] std::size_t held() const noexcept { return hold_.used(); }
    [[nodiscard]] std::size_t held(ChannelId channel) const noexcept { return channels_[channel].held; }
    [[nodiscard]] const ArbiterLegStats& leg(std::size_t leg) const noexcept { return legs_[leg]; }
    [[nodiscard]] const ArbiterChannelStats& channel(ChannelId id) const noexcept {
        return channels_[id].stats;
    }
    /// Of samples: the skew between legs since the last adjustment of the hold time, in ns.
    [[nodiscard]] const Histogram& skew() const noexcept { return skew_; }

  private:
    using Entry = detail::ArbiterEntry;
    /// The progress of one leg on a channel.
    struct View {
        std::optional<std::int64_t> position{};  ///< on this connection, held messages included
        std::uint32_t epoch = 0;
        std::uint32_t head = detail::HoldBuffer::kNone, tail = detail::HoldBuffer::kNone;
        bool is_live = false;
        bool is_level = false;  ///< it has reached the mark on this connection
        /// It joined at this number, and may have missed some messages with this number.
        bool is_partial = false;
        std::optional<TimePoint> below_since{};
    };
    /// A number whose second arrival is awaited.
    struct Probe {
        std::int64_t number = 0;
        std::size_t leg = kMaxLegs;  ///< none
        TimePoint received{};
        SystemTime kernel_received{};
    };
    static constexpr std::uint32_t kNotHolding = UINT32_MAX;
    struct Channel {
        ArbiterChannel options;
        ChannelId id = kNoChannel;
        ArbiterMode mode = ArbiterMode::first_wins;
        std::array<View, kMaxLegs> views{};
        std::optional<std::size_t> leader{};
        std::optional<std::size_t> mark_leg{};  ///< the leg that brought the mark, on its connection
        std::uint32_t epoch = 0;
        std::uint32_t held = 0;
        std::uint32_t holding_at = kNotHolding;  // in holding_
        bool is_due = false;                     // a leg has left: held messages may be released
        bool wants_snapshot = false;
        TimePoint left_at{};  ///< the last time at which a leg left
        Probe probe{};
        ArbiterChannelStats stats{};  // its `last` is the mark
        std::unique_ptr<detail::ContentRing> contents{};
        std::unique_ptr<detail::NumberBitmap> numbers{};
    };
    enum class Verdict : std::uint8_t { stuck, duplicate, repeat, follows, epoch, restart, late };
    struct Front {
        const FeedMessage* message = nullptr;
        const Entry* entry = nullptr;
        TimePoint since{};
        explicit operator bool() const noexcept { return message != nullptr; }
    };
    struct Current {
        const FeedMessage* message = nullptr;  // none: already handled
        std::size_t leg = 0;
        Entry entry{};
    };
    struct Settling;

    // arbiter_numbers.cpp: evaluates the numbers.
    [[nodiscard]] static Entry describe(Channel& channel, std::size_t leg, const FeedMessage& message,
                                        const SequenceNumbers& numbers, ArbiterLegStats& stats) noexcept;
    [[nodiscard]] Verdict judge(const Channel& channel, std::size_t leg, const Entry& entry,
                                TimePoint now) const noexcept;
    [[nodiscard]] static Verdict judge_number(const Channel& channel, std::size_t leg, const Entry& entry,
                                              TimePoint now) noexcept;
    [[nodiscard]] static Verdict judge_below(const Channel& channel, std::size_t leg, const Entry& entry,
                                             TimePoint now) noexcept;
    /// Another leg continues at the mark, and has shown all messages with the mark's number.
    [[nodiscard]] static bool is_kept(const Channel& channel, std::size_t but) noexcept;
    [[nodiscard]] static bool is_kept_wholly(const Channel& channel, std::size_t but) noexcept;

    [[nodiscard]] Front front(const Channel& channel, std::size_t leg) const noexcept;
    void settle(Channel& channel, TimePoint now, Deliver deliver);
    [[nodiscard]] bool advance(Channel& channel, TimePoint now, Deliver deliver);
    [[nodiscard]] bool is_over(const Channel& channel, TimePoint now) const noexcept;
    void release(Channel& channel, TimePoint now, Deliver deliver);
    /// A message of the leg was skipped. It is uncertain what its next message follows.
    void forget_order(Channel& channel, std::size_t leg) noexcept;
    void take(Channel& channel, std::size_t leg, Verdict verdict, std::optional<ArbiterGap> gap,
              TimePoint now, Deliver deliver);
    void apply(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
               Verdict verdict, std::optional<ArbiterGap> gap, TimePoint now, Deliver deliver);
    void hand_on(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                 Verdict verdict, std::optional<ArbiterGap> gap, Deliver deliver);
    void drop(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
              TimePoint now) noexcept;
    void offer_alone(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                     TimePoint now, Deliver deliver);
    static void move_mark(Channel& channel, std::size_t leg, const Entry& entry, Verdict verdict,
                          TimePoint received) noexcept;
    void leave(std::size_t leg, Channel& channel, TimePoint now) noexcept;
    [[nodiscard]] bool hold_current(Channel& channel, TimePoint now) noexcept;
    void keep_list(Channel& channel) noexcept;
    [[nodiscard]] TimePoint due(const Channel& channel) const noexcept;
    void sample(Channel& channel, std::size_t leg, const FeedMessage& message, std::int64_t number) noexcept;

    ArbiterOptions options_;
    std::deque<Channel> channels_;
    std::vector<ArbiterLegStats> legs_;
    detail::HoldBuffer hold_;
    std::vector<ChannelId> holding_;       // channels with held messages
    std::optional<TimePoint> earliest_{};  // not later than the first of them is due
    std::optional<std::size_t> preferred_{};
    Duration hold_time_;
    Histogram skew_;
    Current current_{};
    bool is_settling_ = false;
};

}  // namespace pinwheel
