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

/// Records a session's ring to files, on a thread of its own: zstd frames of lines, as `zstdcat` shows them.
/// The session's thread is not involved but for sent(). What is on disk is a prefix of what came, in whole
/// lines, half a second behind at most, also after SIGKILL. While the disk takes nothing messages wait in the
/// ring, whose overflow policy decides what becomes of them once it is full; `dropped` lines tell what is
/// missing. Threading: made, stopped and destroyed on one thread, which may be any; see each call.
/// Allocates: on its own thread, and for sent() when notes wait.
class Recorder {
  public:
    /// Hears, on the recorder's thread, what a person should know: a repair, a full disk, that it goes on.
    /// Must not throw.
    using Alert = std::function<void(std::string_view)>;

    /// Starts at once. The recorder is the ring's consumer. `queue` and `calls` (null: the system) must
    /// outlive it. Throws WebSocketError that names the file that cannot be made, or says that this build
    /// cannot record; std::system_error if there is no thread.
    Recorder(MessageQueue& queue, RecordOptions options, Alert alert = {}, FileCalls* calls = nullptr);
    /// stop(), whose error is an alert.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Writes what the ring holds, and ends the file in order. Waits for the disk, but not until a full one
    /// has room: the error tells what is lost. The ring may then have another consumer. A second call does
    /// nothing.
    Error stop();

    /// To be called by SessionObserver::on_sent(). On the session's thread.
    void sent(const SentMessage& message) noexcept;
    /// A hole in the venue's numbers, in words, after the message of this number. On the session's thread.
    void gap(std::string_view text, std::uint32_t generation, std::uint64_t sequence,
             SystemTime time) noexcept;
    /// What became of the leg, in words. On the session's thread.
    void leg(std::string_view text, std::uint32_t generation, std::uint64_t sequence,
             SystemTime time) noexcept;

    /// From any thread.
    [[nodiscard]] RecordStats stats() const;
    /// Of the file that is written now. From any thread.
    [[nodiscard]] std::string path() const;

  private:
    struct Thread;
    std::unique_ptr<Thread> thread_;
};

/// Appends the counts in Prometheus' text format. `labels` is such as `venue="one"`.
void append_prometheus(std::string& out, const RecordStats& stats, std::string_view labels = {});

/// One recording's counts and its labels. Refers to both: they must outlive it.
struct LabelledRecordStats {
    const RecordStats& stats;  ///< a snapshot, or a reference to one
    std::string_view labels;   ///< such as `leg="0"`
};
/// The same for several recordings, each metric declared once. Two may not have the same labels.
void append_prometheus(std::string& out, std::span<const LabelledRecordStats> all);

}  // namespace pinwheel
