#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../../core/message_queue.h"
#include "relay_channels.h"
#include "relay_options.h"
#include "relay_window.h"

namespace pinwheel {

/// Takes a feed's ring into the window. Threading: the ring's consumer. Time is an argument.
class RelayIntake {
  public:
    /// Called once for each channel without numbers.
    using Unnumbered = FunctionRef<void(const RelayChannel&)>;

    /// All must outlive it.
    RelayIntake(MessageQueue& queue, RelayChannels& channels, RelayWindow& window,
                const RelayOptions& options)
        : queue_(queue), channels_(channels), window_(window), options_(options) {}

    /// At most kMost records; returns their number. `trusted` as in RelayRules.
    int take(TimePoint now, Duration trusted, RelayWindow::Lost lost, Unnumbered unnumbered);
    /// The messages taken out of the ring.
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
    /// The messages that did not fit the ring.
    [[nodiscard]] std::uint64_t ring_dropped() const noexcept { return ring_dropped_; }

  private:
    static constexpr int kMost = 1024;

    [[nodiscard]] RelayEntry entry_of(const RecordHeader& record, TimePoint now, Duration trusted,
                                      Unnumbered unnumbered);
    void see_arrival(RelayEntry& entry, Duration trusted);

    MessageQueue& queue_;
    RelayChannels& channels_;
    RelayWindow& window_;
    const RelayOptions& options_;
    std::optional<TimePoint> last_arrival_;
    TimePoint suspect_until_{};
    std::uint64_t taken_ = 0;
    std::uint64_t ring_dropped_ = 0;
};

}  // namespace pinwheel
