#include "feed_recorder.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "../feed/feed.h"
#include "../feed/feed_core.h"

namespace pinwheel {
namespace {

std::string text_of(const FeedCore& core, const FeedGap& gap) {
    std::string text = gap.channel == kNoChannel ? "the connection" : core.name_of(gap.channel);
    if (gap.from != 0 || gap.to != 0)
        text += ": " + std::to_string(gap.from) + " to " + std::to_string(gap.to);
    if (gap.is_doubtful) text += " (doubtful)";
    return text;
}

}  // namespace

class FeedRecorder::Tap final : private LegTap {
  public:
    Tap(std::shared_ptr<FeedCore> core, const RecordOptions& options, const Recorder::Alert& alert,
        FileCalls* calls)
        : core_(std::move(core)), alert_(alert) {
        const std::size_t legs = core_->options().legs;
        if (!core_->options().leg_rings)
            refuse(Errc::invalid_state, "the feed's legs have no rings; set FeedOptions::leg_rings");
        if (core_->has_tap()) refuse(Errc::invalid_state, "the feed has a recorder already");
        if (legs > 1 && !options.file.empty())
            refuse(Errc::invalid_argument, "one file cannot hold several legs; give a folder and a name");
        for (std::size_t leg = 0; leg < legs; ++leg) {
            RecordOptions own = options;
            own.leg = static_cast<std::uint32_t>(leg);
            if (legs > 1) own.name += ".leg" + std::to_string(leg);
            WebSocketManager& session = *core_->leg_session(leg);
            if (own.url.empty()) own.url = session.url();
            recorders_.push_back(std::make_unique<Recorder>(session.queue(), std::move(own), alert, calls));
        }
        core_->set_tap(this);
    }
    ~Tap() override {
        const Error lost = stop();
        if (lost.failed() && alert_) alert_(lost.message());
    }
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    Error stop() {
        if (!std::exchange(is_stopped_, true)) core_->set_tap(nullptr);
        Error first;
        for (const auto& recorder : recorders_)
            if (Error lost = recorder->stop(); lost.failed() && !first.failed()) first = std::move(lost);
        return first;
    }
    [[nodiscard]] const std::vector<std::unique_ptr<Recorder>>& recorders() const noexcept {
        return recorders_;
    }

  private:
    [[noreturn]] static void refuse(Errc code, const char* why) { throw WebSocketError(Error{code, why}); }

    void on_leg_sent(std::size_t leg, const SentMessage& message) noexcept override {
        if (leg < recorders_.size()) recorders_[leg]->sent(message);
    }
    void on_leg_gap(std::size_t leg, const FeedGap& gap, std::uint32_t generation,
                    std::uint64_t sequence) noexcept override {
        if (leg >= recorders_.size()) return;
        try {
            recorders_[leg]->gap(text_of(*core_, gap), {.generation = generation, .sequence = sequence - 1},
                                 core_->reactor().system_now());
        } catch (const std::exception&) {  // no memory: the hole is not written
        }
    }
    void on_leg_state(std::size_t leg, LegState state, std::uint32_t generation,
                      std::uint64_t sequence) noexcept override {
        if (leg >= recorders_.size()) return;
        recorders_[leg]->leg(
            to_string(state),
            {.generation = generation, .sequence = sequence, .is_after_end = state != LegState::up},
            core_->reactor().system_now());
    }

    const std::shared_ptr<FeedCore> core_;
    const Recorder::Alert alert_;
    std::vector<std::unique_ptr<Recorder>> recorders_;
    bool is_stopped_ = false;
};

FeedRecorder::FeedRecorder(Feed& feed, const RecordOptions& options, const Recorder::Alert& alert,
                           FileCalls* calls)
    : tap_(std::make_unique<Tap>(feed.core_, options, alert, calls)) {}

FeedRecorder::~FeedRecorder() = default;

Error FeedRecorder::stop() {
    return tap_->stop();
}

std::size_t FeedRecorder::legs() const noexcept {
    return tap_->recorders().size();
}

const Recorder& FeedRecorder::leg(std::size_t leg) const noexcept {
    return *tap_->recorders()[leg];
}

}  // namespace pinwheel
