#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../../../proto/feed/feed.h"
#include "../../../proto/record/feed_recorder.h"
#include "../../../proto/record/recorder.h"
#include "../../../proto/session/manager.h"
#include "../../../proto/session/observer.h"
#include "client.h"
#include "venue_choice.h"

namespace pinwheel::tool {

struct FeedRunOptions {
    std::vector<std::string> subscribe{};
    std::vector<std::string> send{};         // at each connect
    double seconds = 0;                      // 0: no end
    std::optional<std::uint32_t> retries{};  // if set, also of the first connection
    bool verbose = false;
    VenueOptions venue{};
    std::optional<RecordOptions> record{};  // the URL is filled in
    bool only_record = false;               // on_message() is not called
    bool keep_in_ring = false;              // messages of a venue are for another consumer of feed().queue()
    Dialer* dialer = nullptr;               // instead of the network
};

/// The client's options, with the URL of the venue if there is one. Throws UsageError for contradictory
/// options.
[[nodiscard]] ClientOptions with_venue(ClientOptions client, const FeedRunOptions& run);

/// Follows a feed, or channels of a venue, over all its connections, until its time is over, a signal, or a
/// close with 1000 from the server. Fails when the tries are spent. Without `retries` the first connection
/// has one try.
class FeedRun : private SessionObserver {
  public:
    FeedRun(Client& client, const FeedRunOptions& options);
    ~FeedRun() override = default;
    FeedRun(const FeedRun&) = delete;
    FeedRun& operator=(const FeedRun&) = delete;

  protected:
    /// Called for each message.
    virtual void on_message(const Message& message) = 0;
    virtual void on_up(TimePoint) {}
    virtual void on_lost(TimePoint) {}

    /// Runs until the end. False if it failed.
    [[nodiscard]] bool run_to_end();
    void end() noexcept { over_ = true; }
    void fail() noexcept { over_ = failed_ = true; }
    [[nodiscard]] bool over() const noexcept { return over_; }
    [[nodiscard]] WebSocketManager& ws() noexcept { return feed_ ? feed_->session() : *manager_; }
    [[nodiscard]] Client& client() noexcept { return client_; }
    [[nodiscard]] bool has_feed() const noexcept { return feed_.has_value(); }
    /// Only with a venue.
    [[nodiscard]] Feed& feed() noexcept { return *feed_; }
    /// True if several sessions bring the same messages.
    [[nodiscard]] bool has_legs() const noexcept { return options_.venue.legs > 1; }
    /// One for each leg; empty if there is no recording.
    [[nodiscard]] std::vector<const Recorder*> recorders() const;
    /// The sum over all recorders.
    [[nodiscard]] RecordStats record_stats() const;
    void append_record_metrics(std::string& out) const;

    /// The limit of the ring, in messages; 0: none.
    [[nodiscard]] std::uint32_t queue_size() const noexcept { return queue_size_; }

    /// A line for stderr, deferred while the terminal is in use.
    void say(const std::string& line);
    void hold_lines(bool held) noexcept { held_ = held; }
    void release_lines();
    /// Replaces the previous line on stderr, a terminal.
    void show_progress(const std::string& line);
    void hide_progress();
    /// The last line printed; may be empty.
    [[nodiscard]] const std::string& last_line() const noexcept { return last_line_; }

  private:
    [[nodiscard]] WebSocketOptions session_options();
    void make_feed();
    void make_manager();
    void on_connect();
    void on_disconnect(DisconnectReason reason);
    void on_step(const SessionStep& step) noexcept override;
    void on_sent(const SentMessage& message) noexcept override {
        if (recorder_) recorder_->sent(message);
    }
    void begin_recording();
    void end_recording();
    [[nodiscard]] bool has_live_leg();
    void show_recorder_alerts();
    void on_attempt_timer(TimePoint now);
    void on_end_timer(TimePoint) { end(); }
    void drain();

    Client& client_;
    const FeedRunOptions options_;
    const std::uint32_t queue_size_;
    bool over_ = false;
    bool failed_ = false;
    std::uint32_t tries_ = 0;  // taken from the retry budget
    std::string why_;          // the error of the last attempt or connection
    bool held_ = false;
    bool progress_shown_ = false;
    std::deque<std::string> lines_;
    std::string last_line_;
    TimePoint began_{};
    Timer end_timer_{Timer::Callback::member<&FeedRun::on_end_timer>(*this)};
    Timer attempt_timer_{Timer::Callback::member<&FeedRun::on_attempt_timer>(*this)};
    std::optional<WebSocketManager> manager_;  // one of these two is set
    std::optional<Feed> feed_;
    std::mutex recorder_mutex_;
    std::vector<std::string> recorder_alerts_;  // from the recorder's thread
    std::atomic<bool> recorder_alerted_{false};
    std::optional<Recorder> recorder_;  // one of the two
    std::optional<FeedRecorder> feed_recorder_;
};

}  // namespace pinwheel::tool
