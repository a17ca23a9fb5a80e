#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "../../core/message_queue.h"
#include "jetstream.h"
#include "nats_link.h"
#include "relay_channels.h"
#include "relay_control.h"
#include "relay_intake.h"
#include "relay_options.h"
#include "relay_rules.h"
#include "relay_window.h"

namespace pinwheel {

/// Carries a feed's ring to a NATS server. The ring is emptied in every case. Messages that wait for the
/// server are bounded; those given up are reported on the control subject. Threading: one thread, the ring's
/// consumer. Time is an argument; no call blocks. Allocates: for each message.
class RelayPump {
  public:
    /// Called with conditions that a person should know. Must not throw.
    using Alert = std::function<void(std::string_view)>;

    /// All references must outlive it. `started` makes the ids of control messages unique.
    RelayPump(MessageQueue& queue, NatsLink& link, const RelayOptions& options, RelayChannels::Lookup lookup,
              Alert alert, SystemTime started);

    /// Takes, sends and receives as much as possible; returns the amount of work.
    int turn(TimePoint now);
    /// All received messages are acknowledged or reported.
    [[nodiscard]] bool is_done() const noexcept { return window_.empty() && losses_.empty(); }
    [[nodiscard]] bool is_ready() const noexcept { return phase_ == Phase::ready; }
    [[nodiscard]] RelayStats stats(TimePoint now) const noexcept;

  private:
    enum class Phase : std::uint8_t {
        down,        // until retry_at_
        connecting,  // the link does
        asking,      // for the stream
        ready,
        settling,  // a publication failed: the remaining answers are awaited
        pausing,   // until retry_at_
    };

    void hear(const NatsAnswer& answer, TimePoint now);
    void hear_nobody(TimePoint now);
    void hear_stored(std::uint64_t label, const NatsAnswer& answer);
    void hear_stream(const StreamAnswer& told, TimePoint now);
    void hear_mark(std::string_view topic, const NatsAnswer& answer);

    int follow(TimePoint now);
    void lose_connection(TimePoint now);
    void drop_connection(const std::string& why, TimePoint now);
    void retry_later(TimePoint now);
    void ask_for_stream(std::string_view verb, const std::string& body, TimePoint now);
    void become_ready();
    void complain(const std::string& what);

    int send(TimePoint now);
    [[nodiscard]] bool may_send(TimePoint now) const;
    /// False: no more work now.
    bool send_next(RelayEntry& entry, TimePoint now);
    bool publish(RelayEntry& entry, const std::string& subject, TimePoint now);
    void lose_next(const RelayEntry& entry);
    void tell_losses(TimePoint now);
    void ask_for_marks(TimePoint now);
    void ask_for_mark(ChannelId id, TimePoint now);
    void confirm_later(TimePoint now);
    [[nodiscard]] RelayStep step_of(const RelayEntry& entry, TimePoint now);

    NatsLink& link_;
    const RelayOptions& options_;
    const Alert alert_;
    const std::string control_id_;  // of control messages, followed by a number
    RelayChannels channels_;
    RelayWindow window_;
    RelayIntake intake_;
    RelayLosses losses_;
    RelayRules rules_;
    RelayStats stats_;
    Phase phase_ = Phase::down;
    TimePoint retry_at_{};
    Duration delay_;
    TimePoint asked_at_{};
    bool is_told_ = false;     // that the server cannot be used was reported
    bool is_refused_ = false;  // the newest answer was an error: publishes one at a time, to keep the order
    std::uint64_t told_dropped_ = 0;
    std::uint64_t controls_ = 0;
    std::uint64_t confirming_ = 0;  // label of the confirmation under way; 0: none
};

}  // namespace pinwheel
