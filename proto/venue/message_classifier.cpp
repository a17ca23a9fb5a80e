#include "message_classifier.h"

#include <algorithm>

namespace pinwheel {

using detail::first_of;
using detail::mask_of;

namespace {

constexpr FieldMask kAll = ~FieldMask{0};  // never found completely: the whole text is read

std::optional<std::int64_t> integer_of(const FieldValue& value) noexcept {
    std::int64_t number = 0;
    return parse_integer(value, number) ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string_view to_string(MessageKind value) noexcept {
    switch (value) {
        case MessageKind::data:
            return "data";
        case MessageKind::ack:
            return "ack";
        case MessageKind::error:
            return "error";
        case MessageKind::pong:
            return "pong";
        case MessageKind::heartbeat:
            return "heartbeat";
        case MessageKind::notice:
            return "notice";
        case MessageKind::question:
            return "question";
        case MessageKind::login_accepted:
            return "login accepted";
        case MessageKind::login_refused:
            return "login refused";
        case MessageKind::info:
            return "info";
        case MessageKind::unmatched:
            return "unmatched";
    }
    return "?";
}

MessageClassifier::MessageClassifier(const VenueProfile& profile, const ChannelTable& channels)
    : profile_(profile),
      data_(profile_.data()),
      channels_(channels),
      envelope_(mask_of(data_.data.channel) | mask_of(data_.data.symbol) | mask_of(data_.data.number)),
      paths_(data_.channels.size() + 1) {}

bool MessageClassifier::has_prefix(std::string_view text) const noexcept {
    return std::any_of(data_.data.prefixes.begin(), data_.data.prefixes.end(),
                       [text](const std::string& prefix) { return text.starts_with(prefix); });
}

std::string_view MessageClassifier::plain(const FieldValue& value, std::string& buffer) const {
    if (!value.has_escapes) return value.text;
    return unescape_json(value.text, buffer) ? std::string_view(buffer) : value.text;
}

ChannelId MessageClassifier::channel_of(std::int64_t number) const noexcept {
    const auto bound = numbers_.find(number);
    return bound == numbers_.end() ? kNoChannel : bound->second;
}

ChannelId MessageClassifier::find_channel() {
    if (const auto number = integer_of(first_of(values_, data_.data.number)))
        if (const ChannelId channel = channel_of(*number); channel != kNoChannel) return channel;
    const FieldValue& name = first_of(values_, data_.data.channel);
    if (!name.exists()) return kNoChannel;
    return channels_.find_data(plain(name, name_buffer_),
                               plain(first_of(values_, data_.data.symbol), symbol_buffer_));
}

ScanPath& MessageClassifier::path_of(const detail::ChannelKind& kind) noexcept {
    return &kind == &data_.other ? paths_.back()
                                 : paths_[static_cast<std::size_t>(&kind - data_.channels.data())];
}

bool MessageClassifier::follow_paths(std::string_view text, ClassifiedMessage& message) {
    const char* const end = text.data() + text.size();
    values_.clear();
    const char* const at = envelope_path_.follow(text.data(), end, values_);
    if (at == nullptr) return false;
    message.channel = find_channel();
    if (message.channel == kNoChannel) return false;
    const auto& kind = *channels_[message.channel].kind;
    return !kind.has_notices && path_of(kind).follow(at, end, values_) != nullptr;
}

bool MessageClassifier::scan_data(std::string_view text, ClassifiedMessage& message) {
    bool is_known = false;
    ScanTrace trace{&envelope_path_};
    envelope_path_.begin();
    // The name of the channel comes first; the fields of its kind follow.
    auto narrow = [&](const FieldValues&) -> FieldMask {
        if (is_known) return 0;
        envelope_path_.finish();
        trace.path = nullptr;
        message.channel = find_channel();
        if (message.channel == kNoChannel) return kAll;
        const auto& kind = *channels_[message.channel].kind;
        is_known = !kind.has_notices;
        if (!is_known) return kAll;
        trace.path = &path_of(kind);
        trace.path->begin();
        return kind.fields | envelope_;
    };
    const bool is_json = data_.fields.scan(text, envelope_, narrow, values_, trace);
    return is_json && is_known;
}

ClassifiedMessage MessageClassifier::classify(std::string_view text) {
    ClassifiedMessage message;
    const bool may_be_data = has_prefix(text);
    if (may_be_data && (follow_paths(text, message) || scan_data(text, message))) {
        message.kind = MessageKind::data;
        read_data(text, message);
        return message;
    }
    auto to_the_end = [](const FieldValues&) -> FieldMask { return 0; };
    if (!may_be_data) data_.fields.scan(text, kAll, to_the_end, values_);
    match(text, message);
    return message;
}

void MessageClassifier::read_data(std::string_view text, ClassifiedMessage& message) const {
    message.connection_number = integer_of(first_of(values_, data_.connection_number));
    if (message.channel == kNoChannel) return;
    const auto& kind = *channels_[message.channel].kind;
    message.numbers = {.first = integer_of(first_of(values_, kind.first)),
                       .last = integer_of(first_of(values_, kind.last)),
                       .previous = integer_of(first_of(values_, kind.previous)),
                       .is_snapshot = kind.snapshot.matches(values_, text)};
    message.venue_time = venue_time(first_of(values_, kind.time), kind.time_unit);
}

void MessageClassifier::match(std::string_view text, ClassifiedMessage& message) {
    message.connection_number = integer_of(first_of(values_, data_.connection_number));
    const auto is = [&](const Matcher& matcher) { return matcher.matches(values_, text); };
    const auto first = [&](const auto& list, auto get) {
        const auto found =
            std::find_if(list.begin(), list.end(), [&](const auto& item) { return is(get(item)); });
        message.index = static_cast<std::size_t>(found - list.begin());
        return found != list.end();
    };
    const auto of_item = [](const auto& item) -> const Matcher& { return item.match; };
    const auto itself = [](const Matcher& matcher) -> const Matcher& { return matcher; };
    message.channel = kNoChannel;
    if (first(data_.answers, of_item))
        message.kind = MessageKind::question;
    else if (data_.ping && is(data_.ping->answer))
        message.kind = MessageKind::pong;
    else if (is(data_.error.match))
        message.kind = MessageKind::error;
    else if (is(data_.ack.match))
        message.kind = MessageKind::ack;
    else if (is(data_.login_accepted))
        message.kind = MessageKind::login_accepted;
    else if (is(data_.login_refused))
        message.kind = MessageKind::login_refused;
    else if (first(data_.notices, of_item))
        message.kind = MessageKind::notice;
    else if (first(data_.heartbeats, itself))
        message.kind = MessageKind::heartbeat;
    else if (first(data_.info, itself))
        message.kind = MessageKind::info;
    else if (is(data_.data.match))
        message.kind = MessageKind::data;
    if (message.kind != MessageKind::data) return;
    message.channel = find_channel();
    read_data(text, message);
}

void MessageClassifier::render_answer(const ClassifiedMessage& question, std::uint64_t id,
                                      std::int64_t unix_ms, std::string& out) const {
    const auto& answer = data_.answers[question.index];
    const FieldValue& value = first_of(values_, answer.value);
    std::string quoted;
    if (value.type == JsonType::string) quoted = '"' + std::string(value.text) + '"';
    answer.reply.render({.id = id, .value = quoted.empty() ? value.text : quoted, .unix_ms = unix_ms}, out);
}

}  // namespace pinwheel
