#include "playback.h"

#include <utility>

#include "../../proto/policy/disconnect_reason.h"
#include "../../proto/websocket/close_code.h"

namespace pinwheel {
namespace {

class CapturePlayback final : public Playback {
  public:
    explicit CapturePlayback(const Capture& capture) : capture_(capture) { show(); }
    [[nodiscard]] const PlayStep* front() override {
        return next_ < capture_.received.size() ? &step_ : nullptr;
    }
    void pop() override {
        ++next_;
        show();
    }

  private:
    void show() noexcept {
        if (next_ == capture_.received.size()) return;
        const auto& frame = capture_.received[next_];
        step_ = {.at = frame.at, .payload = std::as_bytes(std::span(frame.payload))};
    }

    const Capture& capture_;
    std::size_t next_ = 0;
    PlayStep step_;
};

class RecordPlayback final : public Playback {
  public:
    RecordPlayback(RecordReader reader, std::optional<SystemTime> until)
        : reader_(std::move(reader)), until_(until) {
        pop();
    }
    [[nodiscard]] const PlayStep* front() override { return has_step_ ? &step_ : nullptr; }
    void pop() override {
        has_step_ = false;
        while (!has_step_) {
            const RecordLine* const line = reader_.next();
            if (line == nullptr || (until_ && line->time >= *until_)) return;
            has_step_ = show(*line);
        }
    }

  private:
    /// False: the line is skipped.
    [[nodiscard]] bool show(const RecordLine& line) {
        if (!first_) first_ = line.time;
        step_ = {.at = line.time - *first_};
        switch (line.kind) {
            case LineKind::message:
                step_.payload = line.payload;
                step_.is_text = line.is_text;
                return true;
            case LineKind::connected:
                step_.kind = PlayStep::Kind::begin;
                return true;
            case LineKind::disconnected:
                show_end(line);
                return true;
            case LineKind::header:
            case LineKind::sent:
            case LineKind::dropped:
            case LineKind::gap:
            case LineKind::leg:
                break;
        }
        return false;
    }
    void show_end(const RecordLine& line) {
        const auto reason = static_cast<DisconnectReason>(line.reason);
        const bool by_close_frame = reason == DisconnectReason::server_closed || is_proactive(reason);
        step_.kind = by_close_frame ? PlayStep::Kind::close : PlayStep::Kind::cut;
        const bool can_be_sent = is_wire_close_code(line.code) || line.code == to_wire(CloseCode::no_status);
        step_.code = can_be_sent ? line.code : to_wire(CloseCode::normal);
        step_.reason = line.text;
    }

    RecordReader reader_;
    const std::optional<SystemTime> until_;
    std::optional<SystemTime> first_;
    bool has_step_ = false;
    PlayStep step_;
};

}  // namespace

std::unique_ptr<Playback> play(const Capture& capture) {
    return std::make_unique<CapturePlayback>(capture);
}

std::unique_ptr<Playback> play(RecordReader reader, std::optional<SystemTime> until) {
    return std::make_unique<RecordPlayback>(std::move(reader), until);
}

}  // namespace pinwheel
