#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/clock.h"
#include "ledger_options.h"
#include "request_builder.h"
#include "venue_reply.h"

namespace pinwheel {

/// A channel's change of state, in order of occurrence. `code` and `message` give the reason of a refusal.
struct ChannelChange {
    ChannelId channel = kNoChannel;
    ChannelState state = ChannelState::gone;
    std::string code{}, message{};
};

/// A message to send.
struct SubscriptionRequest {
    std::uint64_t id = 0;
    std::size_t channels = 0;
    std::string text{};
};

/// The effect of a reply.
enum class ReplyOutcome : std::uint8_t {
    applied,
    late,       ///< answers a request that is already settled
    too_fast,   ///< the venue reports an excessive rate; its requests wait for the retry delay
    unmatched,  ///< matches no request: alert, and change nothing
};

/// Tracks which channels a connection has, has requested, and must still request. It confirms and refuses
/// nothing by guessing: a reply acts on the request with its id, on the channels that it names, or on the
/// only pending request. Time is an argument; no I/O. Threading: one thread. Invariant: a channel is in at
/// most one request that may still change it. Allocates: on subscriptions and their replies.
class SubscriptionLedger {
  public:
    /// `channels` outlives it.
    SubscriptionLedger(const VenueProfile& profile, const ChannelTable& channels, LedgerOptions options = {});

    void want(ChannelId channel);
    void leave(ChannelId channel);
    /// Requests a new snapshot: unsubscribes first where the venue demands it, then subscribes again.
    void resubscribe(ChannelId channel);

    /// A new connection: all channels are requested, in the order of subscription.
    void connected();
    /// Live and requested channels become wanted again, leaving ones gone.
    void disconnected();
    /// While true no request is sent: the login is not acknowledged.
    void hold(bool held) noexcept { held_ = held; }

    /// True if next_request() has a message to send. Ask the pacer before.
    [[nodiscard]] bool has_request(TimePoint now) noexcept;
    /// The next message. Its acknowledgement is expected from `now` on. Nothing if none is due.
    [[nodiscard]] std::optional<SubscriptionRequest> next_request(TimePoint now, std::int64_t unix_ms);
    /// An id for messages other than subscriptions: pings, answers, setup, login.
    [[nodiscard]] std::uint64_t take_id() noexcept { return next_id_++; }

    ReplyOutcome on_reply(const VenueReply& reply, TimePoint now);
    /// Data on a channel counts as its acknowledgement.
    void on_data(ChannelId channel);
    /// Requests without an acknowledgement in time are repeated, or count as refused.
    void on_time(TimePoint now);
    /// The next time at which on_time() or next_request() has work.
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    /// True once every wanted channel is live or refused.
    [[nodiscard]] bool settled() const noexcept { return unsettled_ == 0; }
    /// The changes since the last call.
    [[nodiscard]] std::vector<ChannelChange> take_changes() noexcept { return std::exchange(changes_, {}); }

  private:
    struct Entry {
        ChannelState state = ChannelState::gone;
        bool is_wanted = false;
        bool is_asked = false;          // queued, leaving: it is in a request
        bool is_on_connection = false;  // counts toward the venue's limits
        bool refused_by_silence = false;
        std::uint8_t attempts = 0;
        std::uint32_t cycle = 0;       // counts subscriptions; replies to earlier ones are ignored
        std::size_t batch = SIZE_MAX;  // the most channels in its next message
        std::uint32_t stamp = 0;
        std::uint64_t request = 0;
        std::size_t item = 0;
        std::optional<std::int64_t> number{};  // that the venue assigned on this connection
    };
    struct Item {
        ChannelId channel;
        std::uint32_t cycle;
        bool is_open = true;
    };
    struct Request {
        bool unsubscribe = false;
        bool is_expired = false;
        TimePoint deadline{};
        std::vector<Item> items{};
        std::size_t open = 0;
        std::size_t unplaced = 0;  // errors about one of its channels that they do not name
        std::string code{}, message{};
    };
    using Requests = std::map<std::uint64_t, Request>;

    [[nodiscard]] static bool is_unsettled(const Entry& entry) noexcept;
    [[nodiscard]] static bool is_pending(const Entry& entry) noexcept;
    void move(ChannelId channel, ChannelState state, std::string code = {}, std::string message = {});
    void set_wanted(Entry& entry, bool wanted);
    void queue(ChannelId channel);
    void queue_leaving(ChannelId channel);
    void begin_cycle(ChannelId channel, ChannelState state);
    [[nodiscard]] bool is_due(ChannelId channel, bool unsubscribe) const noexcept;
    [[nodiscard]] bool refuse_over_limit(ChannelId channel);
    [[nodiscard]] std::optional<SubscriptionRequest> build(bool unsubscribe, TimePoint now,
                                                           std::int64_t unix_ms);
    void expire(std::uint64_t id);

    void confirm(ChannelId channel, bool unsubscribed);
    void refuse(ChannelId channel, std::string code, std::string message);
    void close(std::uint64_t request_id, ChannelId channel);
    [[nodiscard]] std::vector<ChannelId> open_channels(const Request& request) const;
    [[nodiscard]] Requests::iterator only_pending();
    [[nodiscard]] bool has_pending() const noexcept;
    [[nodiscard]] Requests::iterator earlier_request(ChannelId channel);

    ReplyOutcome on_ack(Requests::iterator request, const VenueReply& reply);
    ReplyOutcome on_named(Requests::iterator request, const VenueReply& reply);
    ReplyOutcome on_list(Requests::iterator request, const VenueReply& reply);
    ReplyOutcome on_connection_list(const VenueReply& reply);
    ReplyOutcome on_error(Requests::iterator request, const VenueReply& reply, TimePoint now);
    ReplyOutcome refuse_named(Requests::iterator request, const VenueReply& reply);
    ReplyOutcome refuse_request(Requests::iterator request, const VenueReply& reply);
    void confirm_request(Requests::iterator request);
    void refuse_missing(std::uint64_t id);
    void place_errors(std::uint64_t id);
    void ask_again(Requests::iterator request, std::size_t batch);

    VenueProfile profile_;
    const detail::ProfileData& data_;
    const ChannelTable& channels_;
    LedgerOptions options_;
    RequestBuilder builder_;
    std::vector<Entry> entries_;
    std::deque<ChannelId> to_subscribe_, to_unsubscribe_;
    Requests requests_;
    std::vector<ChannelChange> changes_;
    std::uint64_t next_id_ = 1;
    std::size_t unsettled_ = 0;
    std::size_t on_connection_ = 0;  // channels requested, live or leaving
    std::size_t args_bytes_ = 0;     // of these, in bytes
    std::uint32_t stamp_ = 1;        // of the last list; its entries carry this stamp
    bool one_at_a_time_ = false;     // after an ambiguous error: one channel a request
    bool is_connected_ = false;
    bool held_ = false;
    TimePoint not_before_{};
};

}  // namespace pinwheel
