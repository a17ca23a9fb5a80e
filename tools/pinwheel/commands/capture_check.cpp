#include "capture_check.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "../../../core/record.h"

namespace pinwheel::tool {
namespace {

class Checker {
  public:
    explicit Checker(const VenueProfile& profile)
        : data_(profile.data()), channels_(profile), classifier_(profile, channels_) {
        connection_rule_.emplace(SequenceOptions{.kind = SequenceKind::contiguous});
        if (data_.connection_starts_at) connection_rule_->expect(*data_.connection_starts_at);
    }

    void check(const Capture::Frame& frame, CaptureCheck& out, FunctionRef<void(const CheckedFrame&)> hear) {
        text_.assign(frame.payload);
        text_.append(kPayloadPadding, '\0');
        const std::string_view text = std::string_view(text_).substr(0, frame.payload.size());
        ClassifiedMessage message = classifier_.classify(text);
        if (message.kind == MessageKind::ack) bind_number();
        if (message.kind == MessageKind::data && message.channel == kNoChannel && add_channel())
            message = classifier_.classify(text);
        SequenceVerdict verdict = SequenceVerdict::next;
        if (message.connection_number) {
            SequenceNumbers numbers;
            numbers.last = message.connection_number;
            verdict = connection_rule_->next(numbers).verdict;
        }
        const ChannelEntry* channel = nullptr;
        if (message.kind == MessageKind::data && message.channel != kNoChannel) {
            channel = &channels_[message.channel];
            if (const auto step = rules_[message.channel].next(message.numbers).verdict;
                verdict != SequenceVerdict::gap)
                verdict = step;
        }
        ++out.kinds[message.kind];
        if (message.kind == MessageKind::data)
            ++out.channels[channel == nullptr            ? "of no channel"
                           : channel->kind->name.empty() ? channel->name
                                                         : channel->kind->name];
        if (message.kind == MessageKind::unmatched) out.unmatched.push_back(&frame);
        if (verdict == SequenceVerdict::gap) ++out.gaps;
        if (verdict == SequenceVerdict::duplicate) ++out.duplicates;
        hear({frame, message, channel, verdict});
    }

  private:
    [[nodiscard]] std::string text_of(const detail::FieldChoice& fields) const {
        const FieldValue& value = detail::first_of(classifier_.values(), fields);
        std::string text;
        if (value.type != JsonType::string || !unescape_json(value.text, text)) text = value.text;
        return text;
    }
    /// A kind is found by its names in data messages, or by the venue's own text.
    [[nodiscard]] std::optional<ChannelId> add(const std::string& name, const std::string& symbol) {
        if (name.empty()) return std::nullopt;
        const auto kind =
            std::find_if(data_.channels.begin(), data_.channels.end(), [&](const detail::ChannelKind& item) {
                return std::find(item.data_names.begin(), item.data_names.end(), name) !=
                       item.data_names.end();
            });
        const auto id = channels_.add(kind == data_.channels.end() ? name : kind->name, symbol);
        if (!id) return std::nullopt;
        if (*id == rules_.size()) rules_.emplace_back(channels_[*id].kind->sequence);
        return *id;
    }
    [[nodiscard]] bool add_channel() {
        return add(text_of(data_.data.channel), text_of(data_.data.symbol)).has_value();
    }
    void bind_number() {
        std::int64_t number = 0;
        if (data_.ack.number.empty() ||
            !parse_integer(detail::first_of(classifier_.values(), data_.ack.number), number))
            return;
        if (const auto id = add(text_of(data_.ack.channel), text_of(data_.ack.symbol)))
            classifier_.bind_number(number, *id);
    }

    const detail::ProfileData& data_;
    ChannelTable channels_;
    MessageClassifier classifier_;
    std::vector<SequenceRule> rules_;
    std::optional<SequenceRule> connection_rule_;
    std::string text_;
};

}  // namespace

CaptureCheck check_capture(const VenueProfile& profile, const Capture& capture,
                           FunctionRef<void(const CheckedFrame&)> hear) {
    CaptureCheck out;
    Checker checker(profile);
    for (const auto& frame : capture.received) checker.check(frame, out, hear);
    return out;
}

}  // namespace pinwheel::tool
