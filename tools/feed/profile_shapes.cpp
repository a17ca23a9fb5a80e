#include "profile_shapes.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "../../core/record.h"
#include "../../proto/text/json_writer.h"
#include "../../proto/venue/message_classifier.h"

namespace pinwheel {
namespace {

using detail::FieldChoice;
using detail::ProfileData;

/// A JSON value that is put together by pointers.
class JsonTree {
  public:
    /// `json` at a pointer. A weak one gives way to what is there.
    void set(std::string_view pointer, std::string json, bool is_weak = false) {
        JsonTree& node = at(pointer);
        if (is_weak && (!node.members_.empty() || !node.json_.empty())) return;
        node.members_.clear();
        node.json_ = std::move(json);
    }
    [[nodiscard]] std::string text() const {
        if (members_.empty()) return json_.empty() ? "null" : json_;
        std::string out(1, is_array_ ? '[' : '{');
        for (const auto& [key, member] : members_) {
            if (out.size() > 1) out += ',';
            if (!is_array_) {
                append_json_string(out, key);
                out += ':';
            }
            out += member.text();
        }
        return out + (is_array_ ? ']' : '}');
    }

  private:
    JsonTree& at(std::string_view pointer) {
        if (pointer.empty()) return *this;
        pointer.remove_prefix(1);
        const auto end = std::min(pointer.find('/'), pointer.size());
        std::string key;
        for (std::size_t i = 0; i < end; ++i) {
            const bool is_escape = pointer[i] == '~' && i + 1 < end;
            key += is_escape ? (pointer[++i] == '0' ? '~' : '/') : pointer[i];
        }
        if (key == "{last}") key = "0";
        std::size_t index = 0;
        const bool is_index =
            std::from_chars(key.data(), key.data() + key.size(), index).ptr == key.data() + key.size();
        if (members_.empty()) is_array_ = is_index && !key.empty();
        if (is_array_)
            for (std::size_t next = members_.size(); next <= index; ++next)
                members_.emplace_back(std::to_string(next), JsonTree());
        auto member =
            std::find_if(members_.begin(), members_.end(), [&](const auto& one) { return one.first == key; });
        if (member == members_.end()) member = members_.insert(member, {key, JsonTree()});
        return member->second.at(pointer.substr(end));
    }

    std::string json_{};
    std::vector<std::pair<std::string, JsonTree>> members_{};
    bool is_array_ = false;
};

std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}

/// Makes messages, and asks the profile what it takes them for.
class ShapeMaker {
  public:
    explicit ShapeMaker(const VenueProfile& profile)
        : data_(profile.data()), channels_(profile), classifier_(profile, channels_) {}

    class Draft {
      public:
        Draft(const ProfileData& data, const Matcher& match) : data_(data) { apply(match); }
        void apply(const Matcher& match) {
            for (auto& example : match.examples()) {
                if (example.field == Matcher::kWholeText)
                    whole_ = std::move(example.json);
                else
                    tree_.set(data_.fields.pointer(example.field), std::move(example.json), example.is_weak);
            }
        }
        /// At the first field; at the last one if a snapshot's list stands there.
        void set(const FieldChoice& fields, const std::string& json, bool is_last = false) {
            if (!fields.empty())
                tree_.set(data_.fields.pointer(is_last ? fields.back() : fields.front()), json);
        }
        [[nodiscard]] std::string text() const { return whole_.empty() ? tree_.text() : whole_; }

      private:
        const ProfileData& data_;
        JsonTree tree_;
        std::string whole_;
    };

    [[nodiscard]] Draft draft(const Matcher& match) const {
        Draft draft(data_, match);
        draft.set(data_.connection_number, "{sequence}");
        return draft;
    }
    /// How an id stands in a reply.
    [[nodiscard]] std::string id() const {
        return data_.ids == detail::RequestIds::string ? quoted("{id}") : "{id}";
    }
    [[nodiscard]] ChannelId add(const std::string& name) {
        const auto id = channels_.add(name, "a");
        return id ? *id : kNoChannel;
    }
    /// What the profile takes it for, with values of the channel.
    [[nodiscard]] ClassifiedMessage classify(std::string_view shape, ChannelId channel) {
        std::string name = "c";
        std::string symbol = "a";
        if (channel != kNoChannel) {
            name = channels_[channel].text;
            symbol = channels_[channel].wire_symbol.empty() ? symbol : channels_[channel].wire_symbol;
        }
        classifier_.forget_numbers();
        if (channel != kNoChannel) classifier_.bind_number(kFirstChannelNumber + channel, channel);
        text_ = fill_shape(shape, {{"id", "1"},
                                   {"channel", name},
                                   {"symbol", symbol},
                                   {"number", std::to_string(kFirstChannelNumber + channel)},
                                   {"list", "[]"},
                                   {"sequence", "1"},
                                   {"first", "3"},
                                   {"last", "3"},
                                   {"previous", "2"},
                                   {"s", "1700000000"},
                                   {"ms", "1700000000000"},
                                   {"us", "1700000000000000"},
                                   {"iso", "2023-11-14T22:13:20Z"}});
        const std::size_t size = text_.size();
        text_.append(kPayloadPadding, '\0');
        return classifier_.classify(std::string_view(text_).substr(0, size));
    }
    /// The text, or an empty one if the profile takes it for something else.
    [[nodiscard]] std::string checked(const Draft& draft, MessageKind kind) {
        std::string text = draft.text();
        return classify(text, kNoChannel).kind == kind ? text : std::string();
    }

    const ProfileData& data_;

  private:
    ChannelTable channels_;
    MessageClassifier classifier_;
    std::string text_;
};

/// An acknowledgement of a subscription, or of an unsubscription.
ShapeMaker::Draft draft_ack(const ShapeMaker& maker, bool unsubscribed) {
    const auto& ack = maker.data_.ack;
    auto draft = maker.draft(ack.match);
    if (unsubscribed) draft.apply(ack.unsubscribed);
    if (maker.data_.ids != detail::RequestIds::none) draft.set(ack.id, maker.id());
    // Of several names of the channel one may be the unsubscription's.
    FieldChoice names;
    for (const auto field : ack.channel)
        if (((ack.unsubscribed.fields() >> field & 1) != 0) == unsubscribed) names.push_back(field);
    draft.set(names.empty() ? ack.channel : names, quoted("{channel}"));
    draft.set(ack.symbol, quoted("{symbol}"));
    draft.set(ack.number, "{number}");
    draft.set(ack.accepted, "{list}");
    return draft;
}

ShapeMaker::Draft draft_error(const ShapeMaker& maker) {
    const auto& error = maker.data_.error;
    auto draft = maker.draft(error.match);
    if (maker.data_.ids != detail::RequestIds::none) draft.set(error.id, maker.id());
    draft.set(error.message, quoted("the venue has no channel {channel} {symbol}"));
    draft.set(error.channel, quoted("{channel}"));
    draft.set(error.symbol, quoted("{symbol}"));
    return draft;
}

ShapeMaker::Draft draft_data(const ShapeMaker& maker, const detail::ChannelKind& kind, bool is_snapshot) {
    const auto& data = maker.data_.data;
    auto draft = maker.draft(data.match);
    draft.set(data.number, "{number}");
    draft.set(data.channel, quoted(kind.data_names.empty() ? "{channel}" : kind.data_names.front()));
    draft.set(data.symbol, quoted("{symbol}"));
    if (is_snapshot) draft.apply(kind.snapshot);
    draft.set(kind.first, "{first}", is_snapshot);
    draft.set(kind.previous, "{previous}", is_snapshot);
    draft.set(kind.last, "{last}", is_snapshot);
    static constexpr std::string_view kTimes[] = {"{s}", "{ms}", "{us}", "{us}000", "\"{iso}\""};
    draft.set(kind.time, std::string(kTimes[static_cast<std::size_t>(kind.time_unit)]), is_snapshot);
    return draft;
}

}  // namespace

std::string_view ProfileShapes::keep(std::string text) {
    return texts_.emplace_back(std::move(text));
}

ProfileShapes::ProfileShapes(const VenueProfile& profile) : requests_(profile.data()) {
    const ProfileData& data = profile.data();
    ShapeMaker maker(profile);
    const auto cannot = [&](const std::string& what) {
        throw std::invalid_argument("venue '" + profile.name() + "' cannot be simulated: " + what);
    };
    shapes_.venue = profile.name();
    shapes_.requests = &requests_;
    for (const auto& kind : data.channels) {
        const ChannelId channel = maker.add(kind.name);
        const std::string update = draft_data(maker, kind, false).text();
        const auto what = maker.classify(update, channel);
        if (what.kind != MessageKind::data || channel == kNoChannel || what.channel != channel)
            cannot("its profile does not recognise " + update + " as data of '" + kind.name + "'");
        std::string snapshot;
        if (!kind.snapshot.empty()) snapshot = draft_data(maker, kind, true).text();
        if (!snapshot.empty() && maker.classify(snapshot, channel).kind != MessageKind::data)
            snapshot.clear();
        channels_.push_back({kind.name, keep(snapshot), keep(update)});
    }
    if (channels_.empty()) cannot("its profile describes no channel");
    shapes_.channels = channels_;
    shapes_.subscribed = keep(maker.checked(draft_ack(maker, false), MessageKind::ack));
    if (shapes_.subscribed.empty())
        cannot("its profile does not recognise " + draft_ack(maker, false).text() + " as an acknowledgement");
    shapes_.unsubscribed = keep(maker.checked(draft_ack(maker, true), MessageKind::ack));
    shapes_.refused = keep(maker.checked(draft_error(maker), MessageKind::error));
    const bool has_symbols = data.subscribe.arg.contains(MessageTemplate::Field::symbol) ||
                             data.subscribe.message.contains(MessageTemplate::Field::symbol);
    shapes_.list = has_symbols ? ListForm::by_channel : ListForm::texts;
    if (!data.heartbeats.empty())
        shapes_.heartbeat = keep(maker.checked(maker.draft(data.heartbeats.front()), MessageKind::heartbeat));
    if (!data.notices.empty())
        shapes_.notice = keep(maker.checked(maker.draft(data.notices.front().match), MessageKind::notice));
    if (!data.answers.empty()) {
        auto question = maker.draft(data.answers.front().match);
        question.set(data.answers.front().value, "{ms}");
        shapes_.question = keep(maker.checked(question, MessageKind::question));
        shapes_.question_interval = std::chrono::seconds{30};
    }
    std::string pong;
    if (data.ping) pong = maker.checked(maker.draft(data.ping->answer), MessageKind::pong);
    std::string login;
    if (!data.login_accepted.empty())
        login = maker.checked(maker.draft(data.login_accepted), MessageKind::login_accepted);
    using Kind = VerbShape::Kind;
    verbs_ = {{RequestPatterns::kSetup, Kind::request, {}},
              {RequestPatterns::kPing, Kind::ping, keep(pong)},
              {RequestPatterns::kAnswer, Kind::answer, {}},
              {RequestPatterns::kLogin, Kind::login, keep(login)}};
    shapes_.verbs = verbs_;
    shapes_.subscribe = RequestPatterns::kSubscribe;
    shapes_.unsubscribe = RequestPatterns::kUnsubscribe;
}

}  // namespace pinwheel
