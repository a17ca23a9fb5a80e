#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "../../core/error.h"
#include "../../core/message_queue.h"
#include "../session/observer.h"
#include "record_options.h"

namespace pinwheel {

class FileCalls;

/// Records a session's ring to files, on its own thread: zstd frames of lines, readable with `zstdcat`. The
/// session's thread is not involved, except for sent(). The disk holds a prefix of the received messages, in
/// complete lines, at most half a second behind, also after SIGKILL. While the disk accepts no data, messages
/// wait in the ring. Once the ring is full, its overflow policy applies. `dropped` lines report missing
/// messages. Threading: constructed, stopped and destroyed on one thread, which may be any; see each call.
/// Allocates: on its own thread, and for sent() when notes wait.
class Recorder {
  public:
    /// Called on the recorder's thread with conditions that a person should know: a repair, a full disk, a
    /// resumption. Must not throw.
    using Alert = std::function<void(std::string_view)>;

    /// Starts at once. The recorder is the ring's consumer. `queue` and `calls` (null: the system) must
    /// outlive it. Throws WebSocketError if a file cannot be created (the error names it) or this build
    /// cannot record, and std::system_error if no thread can be started.
    Recorder(MessageQueue& queue, RecordOptions options, Alert alert = {}, FileCalls* calls = nullptr);
    /// Like stop(). Its error becomes an alert.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Writes the ring's records, and ends the file in order. Waits for the disk, but not until a full disk
    /// has room: the error reports the loss. The ring may then have another consumer. A second call has no
    /// effect. A call in a child that was forked after the construction has none either: the recorder is the
    /// parent's.
    Error stop();

    /// Call it in SessionObserver::on_sent(). On the session's thread.
    void sent(const SentMessage& message) noexcept;
    /// A hole in the venue's numbers, in text. On the session's thread.
    void gap(std::string_view text, const RecordPlace& place, SystemTime time) noexcept;
    /// An event of the leg, in text. On the session's thread.
    void leg(std::string_view text, const RecordPlace& place, SystemTime time) noexcept;

    /// From any thread.
    [[nodiscard]] RecordStats stats() const;
    /// Of the current file. From any thread.
    [[nodiscard]] std::string path() const;

  private:
    struct Thread;
    std::unique_ptr<Thread> thread_;
};

/// Appends the counts in Prometheus' text format. `labels` is, for example, `venue="one"`.
void append_prometheus(std::string& out, const RecordStats& stats, std::string_view labels = {});

/// One recording's counts and its labels. Refers to both: they must outlive it.
struct LabelledRecordStats {
    const RecordStats& stats;  ///< a snapshot, or a reference to one
    std::string_view labels;   ///< for example `leg="0"`
};
/// The same for several recordings, each metric declared once. Labels must be unique.
void append_prometheus(std::string& out, std::span<const LabelledRecordStats> all);

}  // namespace pinwheel
