#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../session/manager.h"
#include "../session/observer.h"
#include "../venue/liveness.h"
#include "../venue/message_classifier.h"
#include "../venue/payload_inflater.h"
#include "../venue/profile.h"
#include "../venue/send_pacer.h"
#include "feed_options.h"

namespace pinwheel {

/// A feed's work on one session. It acts on what the rooms below decide: messages in, requests out, clocks.
/// Threading: the reactor's thread. Invariant: the timer stands at or before the earliest deadline.
/// Allocates: nothing for data on a live channel.
class FeedCore {
  public:
    FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options);

    void stop() noexcept;
    [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }
    [[nodiscard]] WebSocketManager& session() noexcept { return *session_; }
    [[nodiscard]] bool in_handler() const noexcept { return depth_ != 0; }

    ChannelId subscribe(std::string_view name, std::string_view symbol);
    void unsubscribe(ChannelId channel);
    void resubscribe(ChannelId channel);
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept { return ledger_.state(channel); }
    [[nodiscard]] const ChannelEntry& channel(ChannelId channel) const noexcept { return channels_[channel]; }
    [[nodiscard]] bool settled() const noexcept;
    [[nodiscard]] const FeedStats& stats() const noexcept { return stats_; }

  private:
    /// While it lives, a handler may run.
    struct Depth {
        explicit Depth(int& depth) noexcept : depth_(depth) { ++depth_; }
        ~Depth() { --depth_; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

      private:
        int& depth_;
    };
    /// Shows the user's observer what the session does, and which of what it sends is a login.
    class Tap final : public SessionObserver {
      public:
        explicit Tap(SessionObserver* user) noexcept : user_(user) {}
        [[nodiscard]] SessionObserver* observer() noexcept { return user_ != nullptr ? this : nullptr; }
        void sends_login(bool sends) noexcept { sends_login_ = sends; }
        void on_step(const SessionStep& step) noexcept override { user_->on_step(step); }
        void on_sent(const SentMessage& message) noexcept override {
            SentMessage shown = message;
            shown.is_secret = sends_login_;
            user_->on_sent(shown);
        }

      private:
        SessionObserver* const user_;
        bool sends_login_ = false;
    };
    /// A message of the feed's that waits for its place in the windows.
    struct Waiting {
        SendKind kind;
        std::string text;
        bool is_login = false;
    };

    [[nodiscard]] WebSocketOptions session_options();
    void on_connect();
    void on_disconnect(DisconnectReason reason);
    /// A connection's own windows begin with it; a venue's complaint outlasts it.
    void renew_pacer(TimePoint now);
    void slow_down(TimePoint now);
    void begin_login();
    void require(ChannelId channel) const;
    void on_message(const Message& message);
    void on_data(FeedMessage& message, const ClassifiedMessage& what);
    void on_control(const ClassifiedMessage& what, std::string_view text, TimePoint now);
    void on_reply(bool is_error, std::string_view text, TimePoint now);
    /// False if the message is not to be handed on.
    [[nodiscard]] bool check_numbers(FeedMessage& message, const ClassifiedMessage& what);
    void report_gap(ChannelId channel, const SequenceStep& step);
    void reconnect(std::string_view why, Duration delay = {});
    void resubscribe_all();

    void on_timer(TimePoint now);
    void on_silence(TimePoint now);
    void on_ping_due(TimePoint now);
    /// Sends what is due, tells what changed, and sets the timer.
    void pump();
    void send_due(TimePoint now);
    [[nodiscard]] bool send(SendKind kind, std::string_view text, TimePoint now);
    void tell_changes();
    void tell(const ChannelChange& change);
    void tell_stale(TimePoint now);
    void arm();
    void alert(std::string_view text, AlertContext context = {});
    [[nodiscard]] std::int64_t unix_ms() const noexcept;

    Reactor& reactor_;
    VenueProfile profile_;
    const detail::ProfileData& data_;
    FeedOptions options_;
    Tap tap_;
    ConnectWindow own_windows_;
    ChannelTable channels_;
    SubscriptionLedger ledger_;
    MessageClassifier classifier_;
    SendPacer pacer_;
    SilenceClock silence_;
    std::optional<VenuePing> ping_;
    StaleChannels stale_;
    std::optional<PayloadInflater> inflater_;
    std::vector<SequenceRule> rules_;  // by channel
    SequenceRule connection_rule_;
    std::deque<Waiting> waiting_;
    std::optional<TimePoint> blocked_until_, login_until_, drain_at_, slowed_;
    std::unique_ptr<WebSocketManager> session_;
    FeedStats stats_;
    int depth_ = 0;
    bool is_over_ = false;
    Timer timer_{Timer::Callback::member<&FeedCore::on_timer>(*this)};
};

}  // namespace pinwheel
