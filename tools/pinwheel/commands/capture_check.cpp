#include "capture_check.h"

#include <algorithm>

#include "../../../core/record.h"

namespace pinwheel::tool {

CaptureChecker::CaptureChecker(const VenueProfile& profile)
    : data_(profile.data()), channels_(profile), classifier_(profile, channels_) {
    if (data_.binary != detail::BinaryPayload::plain) inflater_.emplace(data_.binary, data_.max_inflated);
    on_connected();
}

void CaptureChecker::on_connected() {
    classifier_.forget_numbers();
    on_dropped();
    if (data_.connection_starts_at) connection_rule_.expect(*data_.connection_starts_at);
}

void CaptureChecker::on_dropped() {
    connection_rule_.reset();
    for (auto& rule : rules_) rule.reset();
}

/// Valid until the next call, with the padding that the classifier reads. Empty if it does not inflate.
std::string_view CaptureChecker::text_of(const RecordedMessage& message) {
    if (!message.is_text && inflater_) {
        const auto text = inflater_->inflate(message.payload);
        return text ? *text : std::string_view();
    }
    text_.assign(reinterpret_cast<const char*>(message.payload.data()), message.payload.size());
    text_.append(kPayloadPadding, '\0');
    return std::string_view(text_).substr(0, message.payload.size());
}

CheckedMessage CaptureChecker::check(const RecordedMessage& recorded) {
    const std::string_view text = text_of(recorded);
    message_ = classifier_.classify(text);
    if (message_.kind == MessageKind::ack) bind_number();
    if (message_.kind == MessageKind::data && message_.channel == kNoChannel &&
        add(text_at(data_.data.channel), text_at(data_.data.symbol)))
        message_ = classifier_.classify(text);
    SequenceVerdict verdict = SequenceVerdict::next;
    if (message_.connection_number) {
        SequenceNumbers numbers;
        numbers.last = message_.connection_number;
        verdict = connection_rule_.next(numbers).verdict;
    }
    const ChannelEntry* channel = nullptr;
    if (message_.kind == MessageKind::data && message_.channel != kNoChannel) {
        channel = &channels_[message_.channel];
        const auto step = rules_[message_.channel].next(message_.numbers).verdict;
        if (verdict != SequenceVerdict::gap) verdict = step;
    }
    ++out_.messages;
    ++out_.kinds[message_.kind];
    if (message_.kind == MessageKind::data)
        ++out_.channels[channel == nullptr            ? "of no channel"
                        : channel->kind->name.empty() ? channel->name
                                                      : channel->kind->name];
    if (message_.kind == MessageKind::unmatched && out_.unmatched.size() < CaptureCheck::kMostUnmatched)
        out_.unmatched.push_back({recorded.place, std::string(text)});
    if (verdict == SequenceVerdict::gap) ++out_.gaps;
    if (verdict == SequenceVerdict::duplicate) ++out_.duplicates;
    return {recorded.place, message_, channel, verdict};
}

std::string CaptureChecker::text_at(const detail::FieldChoice& fields) const {
    const FieldValue& value = detail::first_of(classifier_.values(), fields);
    std::string text;
    if (value.type != JsonType::string || !unescape_json(value.text, text)) text = value.text;
    return text;
}

/// A kind is found by its names in data messages, or by the venue's own text.
std::optional<ChannelId> CaptureChecker::add(const std::string& name, const std::string& symbol) {
    if (name.empty()) return std::nullopt;
    const auto kind =
        std::find_if(data_.channels.begin(), data_.channels.end(), [&](const detail::ChannelKind& item) {
            return std::find(item.data_names.begin(), item.data_names.end(), name) != item.data_names.end();
        });
    const auto id = channels_.add(kind == data_.channels.end() ? name : kind->name, symbol);
    if (!id) return std::nullopt;
    if (*id == rules_.size()) rules_.emplace_back(channels_[*id].kind->sequence);
    return *id;
}

void CaptureChecker::bind_number() {
    std::int64_t number = 0;
    if (data_.ack.number.empty() ||
        !parse_integer(detail::first_of(classifier_.values(), data_.ack.number), number))
        return;
    if (const auto id = add(text_at(data_.ack.channel), text_at(data_.ack.symbol)))
        classifier_.bind_number(number, *id);
}

}  // namespace pinwheel::tool
