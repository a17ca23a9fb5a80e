#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "record_reader.h"
#include "replay_clock.h"

namespace pinwheel {

/// Plays a recording to the client in this process. It is a Dialer whose connections come up, deliver their
/// messages and end as recorded, whatever the target. Set it as WebSocketOptions::dialer. The same code runs
/// as over the network, and messages carry the recorded times. A dial waits for the next recorded connection.
/// A late dial gets the due messages at once, so that nothing is skipped. Pings are answered; sent messages
/// are dropped. A recording that ends inside a connection closes it with 1000. After the end a dial fails
/// with invalid_state, which is permanent.
///
/// Playing a recording twice gives the same steps, if jitter_seed or reconnect_jitter = 0 is set. Use a
/// reactor in busy_spin mode. Threading: the reactor's thread. Allocates: yes.
class ReplaySource final : public Dialer {
  public:
    /// The reactor must run on `clock`, and both must outlive the source. The recording begins at the
    /// reader's place and ends before `until`.
    ReplaySource(Reactor& reactor, ReplayClock& clock, RecordReader reader,
                 std::optional<SystemTime> until = std::nullopt);
    /// On a clock of your own: the recording's first line is due now.
    ReplaySource(Reactor& reactor, RecordReader reader, std::optional<SystemTime> until = std::nullopt);
    ~ReplaySource() override;

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override;

    /// True once all messages have been played and read.
    [[nodiscard]] bool over() const noexcept;
    /// The reader's counts, which are one line ahead of the played part.
    [[nodiscard]] const RecordSummary& summary() const noexcept;

  private:
    class Player;
    class Stream;
    class Pending;

    const std::shared_ptr<Player> player_;
    ReplayClock* clock_ = nullptr;
};

}  // namespace pinwheel
