#include "record_pump.h"

#include <cstring>
#include <tuple>

#include "../../core/bytes.h"

namespace pinwheel {
namespace {

/// A note is a record in the queue of notes: `reason` is its LineKind, `code` is 1 for a secret, `count` is 1
/// for a note after the end of its connection.
constexpr std::uint16_t kSecret = 1;

}  // namespace

void RecordPump::put(RecordHeader note, std::span<const std::byte> payload) noexcept {
    std::byte* const room = notes_.full(payload.size()) ? nullptr : notes_.claim(payload.size());
    if (room == nullptr) {
        lost_notes_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (!payload.empty()) std::memcpy(room, payload.data(), payload.size());
    note.size = static_cast<std::uint32_t>(payload.size());
    notes_.commit(note);
    notes_.publish();
}

void RecordPump::put_sent(const SentMessage& message) noexcept {
    put({.flags = message.is_text ? RecordHeader::kText : std::uint8_t{0},
         .code = message.is_secret ? kSecret : std::uint16_t{0},
         .sequence = message.sequence,
         .generation = message.generation,
         .reason = static_cast<std::uint8_t>(LineKind::sent),
         .kernel_received = message.time.time_since_epoch().count()},
        message.is_secret ? std::span<const std::byte>() : message.payload);
}

void RecordPump::put_text(LineKind kind, std::string_view text, const RecordPlace& place,
                          SystemTime time) noexcept {
    put({.flags = RecordHeader::kText,
         .sequence = place.sequence,
         .count = place.is_after_end ? 1U : 0U,
         .generation = place.generation,
         .reason = static_cast<std::uint8_t>(kind),
         .kernel_received = time.time_since_epoch().count()},
        std::as_bytes(std::span(text)));
}

const RecordHeader* RecordPump::note_before(const RecordHeader* record) {
    const RecordHeader* const note = notes_.front();
    if (note == nullptr) return nullptr;
    const bool is_after_end = note->count != 0;
    bool is_before = false;
    if (record == nullptr)  // a committed but unpublished record comes before its notes
        is_before = note->generation <= writer_.generation() && note->sequence <= writer_.sequence() &&
                    (!is_after_end || writer_.is_over());
    else if (record->kind == RecordKind::disconnected)
        is_before = note->generation < record->generation + (is_after_end ? 0U : 1U);
    else if (record->kind == RecordKind::connected)
        is_before = note->generation < record->generation;
    else
        is_before = note->generation < record->generation || note->sequence < record->sequence;
    return is_before ? note : nullptr;
}

void RecordPump::take_note(const RecordHeader& note, const Moment& at) {
    const auto kind = static_cast<LineKind>(note.reason);
    writer_.note({.kind = kind,
                  .time = SystemTime{Duration{note.kernel_received}},
                  .generation = note.generation,
                  .sequence = note.sequence,
                  .is_text = note.is_text(),
                  .hidden = note.code == kSecret,
                  .payload = kind == LineKind::sent ? note.payload() : std::span<const std::byte>(),
                  .text = kind == LineKind::sent ? std::string_view() : chars_of(note.payload())},
                 at);
    notes_.pop();
}

int RecordPump::turn(const Moment& at) {
    int taken = 0;
    for (; taken < kMost && writer_.has_room(); ++taken) {
        // The ring first: a note that was put before a record is visible once the record is.
        const RecordHeader* const record = queue_.front();
        if (const RecordHeader* const note = note_before(record)) {
            take_note(*note, at);
        } else if (record != nullptr) {
            writer_.take(*record, at);
            queue_.pop();
        } else {
            break;
        }
    }
    writer_.step(at);
    return taken;
}

void RecordPump::drain_notes(const Moment& at) {
    while (writer_.has_room()) {
        const RecordHeader* const note = notes_.front();
        if (note == nullptr) return;
        take_note(*note, at);
    }
}

}  // namespace pinwheel
