#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "../../core/message_queue.h"
#include "../session/observer.h"
#include "record_options.h"
#include "record_writer.h"

namespace pinwheel {

/// Carries a session's ring and its notes to a writer, in the order of events. Notes are the events that the
/// ring does not hold. Threading: put_ calls on the session's thread, all else on the writer's. Allocates:
/// like the queue of notes.
class RecordPump {
  public:
    /// Both must outlive it.
    RecordPump(MessageQueue& queue, RecordWriter& writer) noexcept : queue_(queue), writer_(writer) {}

    /// The most bytes of notes that wait for the writer: a full disk takes none.
    static constexpr std::size_t kMostNoteBytes = std::size_t{16} << 20;

    /// A sent message. Lost if there is no memory, or if the notes would exceed kMostNoteBytes.
    void put_sent(const SentMessage& message) noexcept;
    /// A line of kind gap or leg at this place. Lost likewise.
    void put_text(LineKind kind, std::string_view text, const RecordPlace& place, SystemTime time) noexcept;

    /// Takes at most kMost records, while the writer has room. Returns their number.
    int turn(const Moment& at);
    /// Messages in the ring.
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
    /// Notes that were lost. From any thread.
    [[nodiscard]] std::uint64_t lost_notes() const noexcept {
        return lost_notes_.load(std::memory_order_relaxed);
    }
    /// At the end: takes the notes whose messages never come.
    void drain_notes(const Moment& at);

  private:
    static constexpr int kMost = 1024;

    void put(RecordHeader note, std::span<const std::byte> payload) noexcept;
    /// The oldest note, if it comes before the record. Without a record: if it comes before every later one.
    [[nodiscard]] const RecordHeader* note_before(const RecordHeader* record);
    void take_note(const RecordHeader& note, const Moment& at);

    MessageQueue& queue_;
    RecordWriter& writer_;
    MessageQueue notes_{0, std::size_t{64} << 10, kMostNoteBytes};
    std::atomic<std::uint64_t> lost_notes_{0};
};

}  // namespace pinwheel
