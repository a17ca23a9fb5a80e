// Incoming messages: data is delivered, all others are acted on.
#include <algorithm>
#include <utility>
#include <vector>

#include "../../core/bounded_text_impl.h"
#include "../session/run_all.h"
#include "../venue/venue_reply.h"
#include "feed_leg.h"

namespace pinwheel {
namespace {

/// Bytes of a venue's message that an alert shows.
constexpr std::size_t kLongestShown = 200;
/// 16 ms of inflating. 1 KiB may inflate to 1 MiB, and a turn reads 128 KiB.
constexpr std::size_t kMostInflatedATurn = std::size_t{16} << 20;

}  // namespace

void FeedLeg::on_message(const Message& raw) {
    const FeedShared::Depth depth(shared_);
    FeedMessage message{raw};
    message.leg = index_;
    sequence_ = raw.sequence;
    life_.on_life(raw.received);
    if (!raw.is_text && inflater_) {
        if (!may_inflate(raw.received)) return;
        const auto text = inflater_->inflate(raw.payload);
        inflated_ += text ? text->size() : data_.max_inflated;
        if (!text) return note_unmatched("a payload does not inflate: ", text.error().detail, raw.received);
        message.payload = {reinterpret_cast<const std::byte*>(text->data()), text->size()};
    }
    const ClassifiedMessage what = classifier_.classify(message.text());
    if (ping_) ping_->on_bytes(raw.received);
    if (what.connection_number) {
        SequenceNumbers numbers;
        numbers.last = what.connection_number;
        const auto step = connection_rule_.next(numbers);
        if (step.verdict == SequenceVerdict::gap) owner_.on_leg_gap(*this, step);
        if (shared_.is_over) return;
    }
    if (what.kind == MessageKind::data) return on_data(message, what);
    detail::run_all([&] { on_control(what, message.text(), raw.received); },
                    [&] {
                        if (!shared_.is_over) pump();
                    },
                    [&] {
                        if (!shared_.is_over) owner_.on_leg_control(*this, message);
                    });
}

/// False after a turn's bound: what is left of the connection is ignored.
bool FeedLeg::may_inflate(TimePoint turn) {
    if (std::exchange(inflating_turn_, turn) != turn) inflated_ = 0;
    if (inflated_ <= kMostInflatedATurn) return true;
    if (session_->is_connected())
        reconnect("the venue's messages inflate to more than 16 MiB in one turn; reconnecting");
    return false;
}

/// A venue may send any number of such messages.
void FeedLeg::note_unmatched(std::string_view what, std::string_view text, TimePoint now) {
    ++shared_.stats.unmatched;
    const auto count = unmatched_alerts_.count(now);
    if (!count) return;
    std::vector<AlertField> fields;
    if (*count > 1) fields.push_back({"messages", std::to_string(*count)});
    shared_.alert(std::string(what) + detail::bounded_text(std::string(text), kLongestShown), fields);
}

void FeedLeg::on_data(FeedMessage& message, const ClassifiedMessage& what) {
    silence_.on_data(message.received);
    const ChannelState state = what.channel == kNoChannel ? ChannelState::gone : ledger_.state(what.channel);
    if (state == ChannelState::gone) {
        ++shared_.stats.unmatched;
        return;
    }
    if (state != ChannelState::live) {
        ledger_.on_data(what.channel);
        pump();
        if (shared_.is_over) return;
    }
    message.channel = what.channel;
    message.venue_time = what.venue_time;
    message.is_snapshot = what.numbers.is_snapshot;
    message.sequence_end = what.numbers.last;
    message.sequence_begin = what.numbers.first ? what.numbers.first : what.numbers.last;
    owner_.on_leg_data(*this, message, what.numbers);
}

void FeedLeg::on_control(const ClassifiedMessage& what, std::string_view text, TimePoint now) {
    switch (what.kind) {
        case MessageKind::data:
        case MessageKind::info:
            return;
        case MessageKind::ack:
            return on_reply(false, text, now);
        case MessageKind::error:
            return on_reply(true, text, now);
        case MessageKind::pong:
            if (ping_) ping_->on_pong(now);
            return;
        case MessageKind::heartbeat:
            return silence_.on_data(now);
        case MessageKind::notice:
            return owner_.on_leg_drain(*this, data_.notices[what.index].lead);
        case MessageKind::question:
            return answer(what);
        case MessageKind::login_accepted:
            login_until_.reset();
            return ledger_.hold(false);
        case MessageKind::login_refused:
            return reconnect(
                "the venue refused the login: " + detail::bounded_text(std::string(text), kLongestShown),
                shared_.options.acknowledgements.ack_timeout);
        case MessageKind::unmatched:
            return note_unmatched("the profile does not know a message: ", text, now);
    }
}

void FeedLeg::answer(const ClassifiedMessage& question) {
    std::string text;
    classifier_.render_answer(question, ledger_.take_id(), shared_.unix_ms(), text);
    const auto behind_answers = std::find_if(waiting_.begin(), waiting_.end(), [](const Waiting& other) {
        return other.kind != SendKind::answer;
    });
    waiting_.insert(behind_answers, {SendKind::answer, std::move(text)});
}

void FeedLeg::on_reply(bool is_error, std::string_view text, TimePoint now) {
    auto reply = read_reply(shared_.profile, shared_.channels, classifier_.values(), text, is_error);
    if (reply.number && reply.channel == kNoChannel) reply.channel = classifier_.channel_of(*reply.number);
    const auto outcome = ledger_.on_reply(reply, now);
    if (!is_error && reply.number && reply.channel != kNoChannel)
        classifier_.bind_number(*reply.number, reply.channel);
    if (outcome == ReplyOutcome::too_fast) slow_down(now);
    if (outcome == ReplyOutcome::unmatched) {
        ++shared_.stats.unmatched;
        const auto count = reply_alerts_.count(now);
        if (!count) return;
        std::vector<AlertField> fields{{"code", reply.code}, {"message", reply.message}};
        if (*count > 1) fields.push_back({"answers", std::to_string(*count)});
        shared_.alert("the venue's answer matches no request", fields);
    }
}

}  // namespace pinwheel
