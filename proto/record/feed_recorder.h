#pragma once

#include <cstddef>
#include <memory>

#include "../../core/error.h"
#include "record_options.h"
#include "recorder.h"

namespace pinwheel {

class Feed;

/// Records a feed. Each leg has its own Recorder and files, with the leg's received and sent messages,
/// its states, and the holes in the venue's numbers. The payload of a login is left out. With several legs
/// the files are named `name.legN`, N from 0. A hole is written to the file of the leg that showed it;
/// another leg may have brought the missing messages. Threading: the reactor's thread. Allocates: as
/// Recorder, and for each state and hole.
class FeedRecorder {
  public:
    /// Starts at once. Create it before the feed connects. Requires a feed with leg_rings and without another
    /// recorder. The feed and `calls` must outlive it, or its stop(). If the options have no URL, `connected`
    /// lines have the URL of the leg. Throws WebSocketError: invalid_state without leg_rings or with another
    /// recorder, invalid_argument if `file` is set for several legs. Throws like Recorder's
    /// constructor.
    explicit FeedRecorder(Feed& feed, const RecordOptions& options = {}, const Recorder::Alert& alert = {},
                          FileCalls* calls = nullptr);
    /// Like stop(). Its error becomes an alert.
    ~FeedRecorder();
    FeedRecorder(const FeedRecorder&) = delete;
    FeedRecorder& operator=(const FeedRecorder&) = delete;

    /// Calls Recorder::stop() for all legs. Returns the first error.
    Error stop();

    /// The number of recorded legs.
    [[nodiscard]] std::size_t legs() const noexcept;
    /// The recorder of a leg, for stats() and path(). Requires a number below legs().
    [[nodiscard]] const Recorder& leg(std::size_t leg) const noexcept;

  private:
    class Tap;
    std::unique_ptr<Tap> tap_;
};

}  // namespace pinwheel
