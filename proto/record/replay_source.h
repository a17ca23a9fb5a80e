#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "record_reader.h"
#include "replay_clock.h"

namespace pinwheel {

/// Plays a recording to the client in this process: a Dialer whose connections come up, bring their messages
/// and end as they were recorded, whatever is dialled. Give it as WebSocketOptions::dialer. The same code
/// runs as over the network, and messages carry the recorded times. A dial waits for the next recorded
/// connection; one that comes late gets what is due at once, so that nothing is passed over. Pings are
/// answered, what the client sends is dropped. A recording that ends in a connection closes it with 1000.
/// When all has been played a dial fails with invalid_state, which is not tried again.
///
/// The same recording twice gives the same steps, if jitter_seed or reconnect_jitter = 0 is set. Use a
/// reactor in busy_spin mode. Threading: the reactor's thread. Allocates: yes.
class ReplaySource final : public Dialer {
  public:
    /// The reactor must run on `clock`, and both must outlive it. The recording begins where the reader
    /// stands, and ends before `until`.
    ReplaySource(Reactor& reactor, ReplayClock& clock, RecordReader reader,
                 std::optional<SystemTime> until = std::nullopt);
    /// On a clock of your own: the recording's first line is due now.
    ReplaySource(Reactor& reactor, RecordReader reader, std::optional<SystemTime> until = std::nullopt);
    ~ReplaySource() override;

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override;

    /// All has been played and read.
    [[nodiscard]] bool over() const noexcept;
    /// What the reader has seen: one line further than what was played.
    [[nodiscard]] const RecordSummary& summary() const noexcept;

  private:
    class Player;
    class Stream;
    class Pending;

    const std::shared_ptr<Player> player_;
    ReplayClock* clock_ = nullptr;
};

}  // namespace pinwheel
