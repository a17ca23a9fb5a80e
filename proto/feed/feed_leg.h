#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../policy/alert_throttle.h"
#include "../session/manager.h"
#include "../session/observer.h"
#include "../venue/liveness.h"
#include "../venue/message_classifier.h"
#include "../venue/payload_inflater.h"
#include "../venue/send_pacer.h"
#include "../venue/subscription_ledger.h"
#include "feed_shared.h"

namespace pinwheel {

class FeedLeg;

/// Receives the events of a leg. Any call except on_leg_state() may run the user's handlers. Their exceptions
/// pass through.
class LegOwner {
  public:
    virtual ~LegOwner() = default;
    /// Before anything is sent: the numbers of the last connection no longer count.
    virtual void on_leg_up(FeedLeg& leg) = 0;
    virtual void on_leg_down(FeedLeg& leg, DisconnectReason reason) = 0;
    /// A step, inside the session's own step: the session must not be called.
    virtual void on_leg_state(FeedLeg& leg, LegState state) noexcept = 0;
    /// Data of a subscribed channel. `message` is complete except for the results of comparing numbers.
    virtual void on_leg_data(FeedLeg& leg, FeedMessage& message, const SequenceNumbers& numbers) = 0;
    /// Any other message, after the leg has acted on it.
    virtual void on_leg_control(FeedLeg& leg, FeedMessage& message) = 0;
    virtual void on_leg_change(FeedLeg& leg, const ChannelChange& change) = 0;
    /// Messages of the connection are missing.
    virtual void on_leg_gap(FeedLeg& leg, const SequenceStep& step) = 0;
    /// The venue announces that it will cut after `lead`; 0: it gives no time.
    virtual void on_leg_drain(FeedLeg& leg, Duration lead) = 0;
    /// No data came within the silence limit.
    virtual void on_leg_silent(FeedLeg& leg) = 0;
    /// The same for twice the limit: its channels are to be subscribed anew.
    virtual void on_leg_silent_still(FeedLeg& leg) = 0;
};

/// One session of a feed. Carries out the decisions of the venue room: messages in, requests out, timers.
/// Threading: the reactor's thread. Invariant: while connected, the timer is at or before the earliest
/// deadline. Allocates: nothing for data on a live channel.
class FeedLeg final : private SessionObserver {
  public:
    /// All arguments must outlive it. `index` is the leg's number in the feed, `place` selects its URL and
    /// address.
    FeedLeg(FeedShared& shared, LegOwner& owner, std::uint8_t index, std::size_t place);
    ~FeedLeg() override;
    FeedLeg(const FeedLeg&) = delete;
    FeedLeg& operator=(const FeedLeg&) = delete;

    /// Ends the session without another call to the owner. Afterwards the leg may only be destroyed.
    void stop() noexcept;
    [[nodiscard]] std::uint8_t index() const noexcept { return index_; }
    [[nodiscard]] std::size_t place() const noexcept { return place_; }
    /// To the user, and names the leg if there are several.
    void alert(std::string_view text) const;
    /// Whether data came within half of the silence limit, and whether none came within all of it.
    [[nodiscard]] bool has_data(TimePoint now) const noexcept {
        return session_->is_connected() && silence_.has_data(now);
    }
    [[nodiscard]] bool is_silent() const noexcept { return silence_.is_silent(); }
    /// Connects there from the next attempt on. The session must be down.
    void move_to(std::size_t place);
    [[nodiscard]] WebSocketManager& session() noexcept { return *session_; }
    [[nodiscard]] const WebSocketManager& session() const noexcept { return *session_; }
    [[nodiscard]] LegState leg_state() const noexcept { return leg_state_; }
    /// Of the session's last message.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }

    void want(ChannelId channel);
    void leave(ChannelId channel);
    void resubscribe(ChannelId channel);
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept { return ledger_.state(channel); }
    [[nodiscard]] bool settled() const noexcept { return session_->is_connected() && ledger_.settled(); }
    /// Sends due requests, reports changes, and sets the timer.
    void pump();

  private:
    /// A message of the leg that waits for its place in the rate windows.
    struct Waiting {
        SendKind kind;
        std::string text;
        bool is_login = false;
    };

    /// Limits one turn's work, so that the turn stays short. The next turn continues.
    class TurnBudget {
      public:
        explicit TurnBudget(int a_turn) noexcept : a_turn_(a_turn) {}
        /// False: the turn has used up its work limit.
        [[nodiscard]] bool take(TimePoint turn) noexcept {
            if (turn_ != turn) left_ = a_turn_;
            turn_ = turn;
            return left_ > 0 && left_-- > 0;
        }

      private:
        int a_turn_;
        int left_ = 0;
        TimePoint turn_{};
    };

    /// The feed's dialer, and which of a host's addresses is the leg's.
    class PlacedDialer final : public Dialer {
      public:
        PlacedDialer(Dialer& dialer, std::size_t its_rank) noexcept : rank(its_rank), dialer_(dialer) {}
        [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
            DialTarget ranked = target;
            ranked.rank = rank;
            return dialer_.dial(ranked, handler);
        }
        [[nodiscard]] SharedLimits& limits() noexcept override { return dialer_.limits(); }

        std::size_t rank;

      private:
        Dialer& dialer_;
    };

    void on_step(const SessionStep& step) noexcept override;
    void on_sent(const SentMessage& message) noexcept override;
    void on_ping(TimePoint received) noexcept override;
    void on_held(TimePoint until) noexcept override;

    [[nodiscard]] WebSocketOptions session_options();
    [[nodiscard]] const Url& url() const noexcept { return shared_.url(place_); }
    [[nodiscard]] std::size_t rank() const noexcept {
        return shared_.options.legs > 1 ? place_ / shared_.urls.size() + 1 : 0;
    }
    [[nodiscard]] const std::string& url_text() const noexcept {
        return shared_.url_texts[place_ % shared_.url_texts.size()];
    }
    void on_connect();
    void on_disconnect(DisconnectReason reason);
    void set_state(LegState state) noexcept;
    /// A connection's own windows begin with it. A venue's rate complaint outlasts it.
    void renew_pacer(TimePoint now);
    void slow_down(TimePoint now);
    void begin_login();

    void on_message(const Message& raw);
    void on_data(FeedMessage& message, const ClassifiedMessage& what);
    void on_control(const ClassifiedMessage& what, std::string_view text, TimePoint now);
    void on_reply(bool is_error, std::string_view text, TimePoint now);
    void answer(const ClassifiedMessage& question);
    [[nodiscard]] bool may_inflate(TimePoint turn);
    void note_unmatched(std::string_view what, std::string_view text, TimePoint now);
    void reconnect(std::string_view why, Duration delay = {});

    void on_timer(TimePoint now);
    void on_silence(TimePoint now);
    void on_ping_due(TimePoint now);
    void send_due(TimePoint now);
    [[nodiscard]] bool send(SendKind kind, std::string_view text, TimePoint now);
    void send_request(TimePoint now);
    void tell_late_subscription(TimePoint now);
    void tell_changes();
    void arm();

    FeedShared& shared_;
    const detail::ProfileData& data_;
    LegOwner& owner_;
    const std::uint8_t index_;
    std::size_t place_;
    PlacedDialer dialer_;
    SubscriptionLedger ledger_;
    MessageClassifier classifier_;
    SendPacer pacer_;
    SilenceClock silence_;
    LifeClock life_;
    std::optional<VenuePing> ping_;
    std::optional<PayloadInflater> inflater_;
    TimePoint inflating_turn_{};
    std::size_t inflated_ = 0;  // in that turn, in bytes
    AlertThrottle unmatched_alerts_{std::chrono::seconds{1}};
    AlertThrottle reply_alerts_{std::chrono::seconds{1}};
    SequenceRule connection_rule_;
    std::deque<Waiting> waiting_;
    std::size_t next_setup_ = 0;
    std::deque<ChannelChange> untold_;
    TurnBudget requests_{16};
    TurnBudget tellings_{256};
    std::optional<TimePoint> blocked_until_, login_until_, first_until_;
    LegState leg_state_ = LegState::down;
    std::uint64_t sequence_ = 0;
    bool sends_login_ = false;  // true during send()
    Timer timer_{Timer::Callback::member<&FeedLeg::on_timer>(*this)};
    std::unique_ptr<WebSocketManager> session_;
};

}  // namespace pinwheel
