// What comes in: data is numbered and handed on, all else is acted on.
#include <algorithm>
#include <utility>

#include "../session/run_all.h"
#include "../venue/venue_reply.h"
#include "feed_core.h"

namespace pinwheel {

void FeedCore::on_message(const Message& raw) {
    const Depth depth(depth_);
    FeedMessage message{raw};
    if (!raw.is_text && inflater_) {
        const auto text = inflater_->inflate(raw.payload);
        if (!text) {
            ++stats_.unmatched;
            return alert("a payload does not inflate: " + text.error().detail);
        }
        message.payload = {reinterpret_cast<const std::byte*>(text->data()), text->size()};
    }
    const ClassifiedMessage what = classifier_.classify(message.text());
    if (ping_) ping_->on_bytes(raw.received);
    if (what.connection_number) {
        SequenceNumbers numbers;
        numbers.last = what.connection_number;
        const auto step = connection_rule_.next(numbers);
        if (step.verdict == SequenceVerdict::gap) report_gap(kNoChannel, step);
        if (is_over_) return;
    }
    if (what.kind == MessageKind::data) return on_data(message, what);
    detail::run_all([&] { on_control(what, message.text(), raw.received); },
                    [&] {
                        if (!is_over_) pump();
                    },
                    [&] {
                        if (!is_over_ && options_.deliver_control && options_.on_message)
                            options_.on_message(message);
                    });
}

void FeedCore::on_data(FeedMessage& message, const ClassifiedMessage& what) {
    silence_.on_data(message.received);
    if (what.channel == kNoChannel || ledger_.state(what.channel) == ChannelState::gone) {
        ++stats_.unmatched;
        return;
    }
    stale_.on_data(what.channel, message.received);
    if (ledger_.state(what.channel) != ChannelState::live) {
        ledger_.on_data(what.channel);
        pump();
        if (is_over_) return;
    }
    message.channel = what.channel;
    message.venue_time = what.venue_time;
    message.is_snapshot = what.numbers.is_snapshot;
    message.sequence_end = what.numbers.last;
    message.sequence_begin = what.numbers.first ? what.numbers.first : what.numbers.last;
    if (!check_numbers(message, what) || is_over_) return;
    ++stats_.messages;
    if (options_.on_message) options_.on_message(message);
}

bool FeedCore::check_numbers(FeedMessage& message, const ClassifiedMessage& what) {
    const auto step = rules_[what.channel].next(what.numbers);
    if (step.verdict == SequenceVerdict::duplicate) {
        ++stats_.duplicates;
        return !options_.drop_duplicates;
    }
    if (step.verdict == SequenceVerdict::gap) {
        message.is_after_gap = true;
        report_gap(what.channel, step);
    }
    return true;
}

void FeedCore::report_gap(ChannelId channel, const SequenceStep& step) {
    ++stats_.gaps;
    if (options_.on_gap) options_.on_gap({.channel = channel, .from = step.from, .to = step.to});
    if (is_over_ || options_.on_hole == GapPolicy::ignore) return;
    if (options_.on_hole == GapPolicy::alert) {
        const AlertField fields[] = {{"from", std::to_string(step.from)}, {"to", std::to_string(step.to)}};
        return alert(channel == kNoChannel ? std::string("messages of the connection are missing")
                                           : "messages are missing: " + channels_[channel].name + " " +
                                                 channels_[channel].symbol,
                     fields);
    }
    if (channel != kNoChannel) return resubscribe(channel);
    // Which channel lost it cannot be told.
    resubscribe_all();
    pump();
}

void FeedCore::on_control(const ClassifiedMessage& what, std::string_view text, TimePoint now) {
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
            ++stats_.drains;
            return reconnect("the venue will cut soon; reconnecting");
        case MessageKind::question: {
            std::string answer;
            classifier_.render_answer(what, ledger_.take_id(), unix_ms(), answer);
            const auto behind_answers =
                std::find_if(waiting_.begin(), waiting_.end(),
                             [](const Waiting& other) { return other.kind != SendKind::answer; });
            waiting_.insert(behind_answers, {SendKind::answer, std::move(answer)});
            return;
        }
        case MessageKind::login_accepted:
            login_until_.reset();
            return ledger_.hold(false);
        case MessageKind::login_refused:
            return reconnect("the venue refused the login: " + std::string(text.substr(0, 200)),
                             options_.acknowledgements.ack_timeout);
        case MessageKind::unmatched:
            ++stats_.unmatched;
            return alert("the profile does not know a message: " + std::string(text.substr(0, 200)));
    }
}

void FeedCore::on_reply(bool is_error, std::string_view text, TimePoint now) {
    const auto reply = read_reply(profile_, channels_, classifier_.values(), text, is_error);
    const auto outcome = ledger_.on_reply(reply, now);
    if (!is_error && reply.number && reply.channel != kNoChannel)
        classifier_.bind_number(*reply.number, reply.channel);
    if (outcome == ReplyOutcome::too_fast) slow_down(now);
    if (outcome == ReplyOutcome::unmatched) {
        ++stats_.unmatched;
        const AlertField fields[] = {{"code", reply.code}, {"message", reply.message}};
        alert("nobody can say what the venue's answer belongs to", fields);
    }
}

}  // namespace pinwheel
