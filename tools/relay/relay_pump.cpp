#include "relay_pump.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pinwheel {
namespace {

constexpr Duration kFirstDelay = std::chrono::milliseconds{100};
constexpr Duration kLongestDelay = std::chrono::seconds{2};

/// A topic of the inbox is a letter and a number.
constexpr char kStored = 'a';   // of the label
constexpr char kReached = 'b';  // of the label, and all before
constexpr char kMarked = 'm';   // of the channel
constexpr char kStream = 's';

std::uint64_t number_in(std::string_view topic) noexcept {
    std::uint64_t number = 0;
    topic.remove_prefix(1);
    std::from_chars(topic.data(), topic.data() + topic.size(), number);
    return number;
}

}  // namespace

RelayPump::RelayPump(MessageQueue& queue, NatsLink& link, const RelayOptions& options,
                     RelayChannels::Lookup lookup, Alert alert, SystemTime started)
    : link_(link),
      options_(options),
      alert_(std::move(alert)),
      control_id_(nats_token(options.venue) + "|_control|" + nats_token(options.name) + "|" +
                  std::to_string(started.time_since_epoch().count()) + "."),
      channels_(NatsNames(options.prefix, options.venue), std::move(lookup)),
      window_(options.max_pending, options.max_pending_bytes),
      intake_(queue, channels_, window_, options),
      rules_{.max_age = options.max_age,
             .trusted = options.duplicates / 2,
             .has_stream = !options.stream.empty()},
      delay_(kFirstDelay) {}

int RelayPump::turn(TimePoint now) {
    const auto hear_one = [&](const NatsAnswer& answer) { hear(answer, now); };
    const auto lost = [&](const RelayEntry& entry) { losses_.add(entry); };
    const auto unnumbered = [&](const RelayChannel& channel) {
        const std::string name = channel.name.name + " " + channel.name.symbol;
        if (!rules_.has_stream || !alert_) return;
        alert_(options_.content_ids
                   ? name + " has no numbers: equal messages within the stream's window are stored once"
                   : name + " has no numbers: each relay stores its own messages");
    };
    int work = link_.turn(hear_one);
    work += follow(now);
    work += intake_.take(now, rules_.trusted, lost, unnumbered);
    return work + send(now);
}

// Answers of the server.

void RelayPump::hear(const NatsAnswer& answer, TimePoint now) {
    if (answer.topic.empty()) return hear_nobody(now);
    switch (answer.topic.front()) {
        case kStored:
            return hear_stored(number_in(answer.topic), answer);
        case kReached:
            confirming_ = 0;
            stats_.acknowledged += window_.settle_through(number_in(answer.topic));
            return;
        case kMarked:
            return hear_mark(answer.topic, answer);
        case kStream:
            return hear_stream(parse_stream_answer(answer.payload, channels_.names().stream_subjects()), now);
        default:
            return;
    }
}

void RelayPump::hear_nobody(TimePoint now) {
    if (phase_ == Phase::asking)
        return hear_stream({.why = "the server has no JetStream; enable it there"}, now);
    drop_connection("stream " + options_.stream + ": nothing captures what is published", now);
}

void RelayPump::hear_stored(std::uint64_t label, const NatsAnswer& answer) {
    const PublishAnswer told = parse_publish_answer(answer.payload);
    if (!window_.settle(label, told.is_stored)) return;
    if (told.is_stored) {
        ++stats_.acknowledged;
        is_refused_ = false;
        if (told.is_duplicate) ++stats_.duplicates;
        return;
    }
    ++stats_.failures;
    complain("stream " + options_.stream + ": " + told.why);
    is_refused_ = true;
    if (phase_ == Phase::ready) phase_ = Phase::settling;
}

void RelayPump::hear_stream(const StreamAnswer& told, TimePoint now) {
    if (phase_ != Phase::asking) return;
    if (told.is_missing) {
        return ask_for_stream("STREAM.CREATE",
                              create_stream_request({.name = options_.stream,
                                                     .subjects = channels_.names().stream_subjects(),
                                                     .duplicates = options_.duplicates,
                                                     .max_age = options_.stream_age,
                                                     .max_bytes = options_.stream_bytes}),
                              now);
    }
    if (told.why.empty()) {
        rules_.trusted = told.duplicates / 2;
        return become_ready();
    }
    ++stats_.failures;
    complain("stream " + options_.stream + ": " + told.why);
    phase_ = Phase::pausing;
    retry_later(now);
}

void RelayPump::hear_mark(std::string_view topic, const NatsAnswer& answer) {
    const auto id = static_cast<ChannelId>(number_in(topic));
    if (!channels_.knows(id)) return;
    auto& mark = channels_[id].mark;
    if (mark.missing == 0) return;
    const LastMessageAnswer told = parse_last_message_answer(answer.payload);
    if (told.is_failed) {
        ++stats_.failures;
        mark.missing = 0;  // requested again
        return;
    }
    if (told.number) mark.newest = std::max(*told.number, mark.newest.value_or(*told.number));
    if (--mark.missing > 0) return;
    mark.number = mark.newest;
    mark.at = mark.asked_at;
}

// The connection.

int RelayPump::follow(TimePoint now) {
    const NatsState state = link_.state();
    if (state == NatsState::down && phase_ != Phase::down) {
        lose_connection(now);
        return 1;
    }
    const auto lost = [&](const RelayEntry& entry) { losses_.add(entry); };
    const auto sent = window_.oldest_sent();
    if (sent && now - *sent > options_.ack_timeout) {
        drop_connection("the server acknowledges nothing", now);
        return 1;
    }
    switch (phase_) {
        case Phase::down:
            if (now < retry_at_) return 0;
            phase_ = Phase::connecting;
            link_.connect();
            return 1;
        case Phase::connecting:
            if (state != NatsState::up) return 0;
            ++stats_.connects;
            rules_.has_stream ? ask_for_stream("STREAM.INFO", {}, now) : become_ready();
            return 1;
        case Phase::asking:
            if (now - asked_at_ > options_.ack_timeout) drop_connection("the server does not answer", now);
            return 0;
        case Phase::settling:
            if (window_.in_flight() > 0) return 0;
            window_.rewind(lost);
            phase_ = Phase::pausing;
            retry_later(now);
            return 1;
        case Phase::pausing:
            if (now < retry_at_) return 0;
            ask_for_stream("STREAM.INFO", {}, now);
            return 1;
        case Phase::ready:
            break;
    }
    return 0;
}

/// Messages that the old connection has not confirmed. The stream recognises repetitions; live subscribers
/// would not.
void RelayPump::lose_connection(TimePoint now) {
    ++stats_.failures;
    complain(link_.why());
    const auto lost = [&](const RelayEntry& entry) { losses_.add(entry); };
    rules_.has_stream ? window_.rewind(lost) : window_.give_up_sent(lost);
    channels_.forget_asked();
    confirming_ = 0;
    phase_ = Phase::down;
    retry_later(now);
}

void RelayPump::drop_connection(const std::string& why, TimePoint now) {
    if (phase_ == Phase::down) return;
    complain(why);
    link_.disconnect();
    lose_connection(now);
}

void RelayPump::retry_later(TimePoint now) {
    retry_at_ = now + delay_;
    delay_ = std::min(2 * delay_, kLongestDelay);
}

void RelayPump::complain(const std::string& what) {
    if (!std::exchange(is_told_, true) && alert_) alert_(what + "; trying again");
}

void RelayPump::ask_for_stream(std::string_view verb, const std::string& body, TimePoint now) {
    phase_ = Phase::asking;
    asked_at_ = now;
    const std::string subject = jetstream_subject(verb, options_.stream);
    const std::string reply = link_.inbox() + "." + kStream;
    if (link_.publish({.subject = subject, .reply = reply, .payload = body}) != NatsResult::ok)
        drop_connection(link_.why(), now);
}

void RelayPump::become_ready() {
    phase_ = Phase::ready;
    delay_ = kFirstDelay;
    const std::uint64_t dropped = losses_.total() - std::exchange(told_dropped_, losses_.total());
    if (!std::exchange(is_told_, false) || !alert_) return;
    alert_("relaying again" +
           (dropped > 0 ? "; " + std::to_string(dropped) + " messages were not relayed" : std::string()));
}

// Sending.

bool RelayPump::may_send(TimePoint now) const {
    static constexpr std::size_t kMostInFlight = 4096;
    const std::size_t most_in_flight = is_refused_ ? 1 : kMostInFlight;
    static constexpr std::size_t kMostBuffered = std::size_t{256} << 10;
    // A stopped server that continues would deliver stale messages.
    static constexpr Duration kStall = std::chrono::milliseconds{200};
    const auto sent = window_.oldest_sent();
    return phase_ == Phase::ready && window_.in_flight() < most_in_flight &&
           link_.buffered() < kMostBuffered && !(sent && now - *sent > kStall);
}

RelayStep RelayPump::step_of(const RelayEntry& entry, TimePoint now) {
    static const RelayChannel kControl;
    return rules_.step(entry, entry.channel == kNoChannel ? kControl : channels_[entry.channel], now);
}

int RelayPump::send(TimePoint now) {
    int work = 0;
    if (phase_ != Phase::ready) {
        // Not held for a server that may be away for long.
        for (auto* entry = window_.next(); !rules_.has_stream && entry != nullptr; entry = window_.next()) {
            if (step_of(*entry, now) != RelayStep::lose) break;
            lose_next(*entry);
        }
        return work;
    }
    for (; may_send(now); ++work) {
        RelayEntry* const entry = window_.next();
        if (entry != nullptr ? !send_next(*entry, now) : losses_.empty()) break;
        if (entry == nullptr) tell_losses(now);
    }
    if (!rules_.has_stream && phase_ == Phase::ready) confirm_later(now);
    return work;
}

bool RelayPump::send_next(RelayEntry& entry, TimePoint now) {
    const RelayStep step = step_of(entry, now);
    if (step == RelayStep::ask) {
        ask_for_marks(now);
        return false;
    }
    if (step == RelayStep::skip) {
        ++stats_.skipped;
        window_.finish_next();
        return true;
    }
    if (step == RelayStep::lose) {
        lose_next(entry);
        return true;
    }
    if (!losses_.empty()) {  // they came before it
        tell_losses(now);
        return true;
    }
    if (step == RelayStep::late) {
        ++stats_.late;
        return publish(entry, channels_[entry.channel].late, now);
    }
    if (entry.channel != kNoChannel) return publish(entry, channels_[entry.channel].live, now);
    if (entry.id.empty()) entry.id = control_id_ + std::to_string(++controls_);
    return publish(entry, channels_.names().control(), now);
}

bool RelayPump::publish(RelayEntry& entry, const std::string& subject, TimePoint now) {
    std::string id = entry.id;
    if (entry.channel != kNoChannel && (entry.is_numbered || !id.empty()))
        id = channels_[entry.channel].id_prefix +
             (entry.is_numbered ? id_of_numbers(entry.begin, entry.end, entry.is_snapshot) : entry.id);
    const std::string kernel = std::to_string(entry.kernel_ns);
    const std::string leg = std::to_string(entry.leg);
    const std::string generation = std::to_string(entry.generation);
    const std::string sequence = std::to_string(entry.sequence);
    const std::array<NatsPublication::Header, 5> headers{{{"Nats-Msg-Id", id},
                                                          {"Pw-Kernel-Ns", kernel},
                                                          {"Pw-Leg", leg},
                                                          {"Pw-Generation", generation},
                                                          {"Pw-Seq", sequence}}};
    std::span<const NatsPublication::Header> wanted(headers);
    if (entry.channel == kNoChannel) wanted = wanted.first(1);
    if (id.empty()) wanted = wanted.subspan(1);
    std::string reply;
    if (rules_.has_stream) reply = link_.inbox() + "." + kStored + std::to_string(window_.next_label());
    const NatsResult result =
        link_.publish({.subject = subject, .reply = reply, .headers = wanted, .payload = entry.payload});
    if (result == NatsResult::ok) {
        window_.mark_sent(now);
        ++stats_.published;
        return true;
    }
    ++stats_.failures;
    if (result == NatsResult::too_large) {
        if (alert_)
            alert_("a message of " + std::to_string(entry.payload.size()) +
                   " bytes is too large for the server; raise its max_payload");
        lose_next(entry);
        return true;
    }
    drop_connection(link_.why(), now);
    return false;
}

void RelayPump::lose_next(const RelayEntry& entry) {
    losses_.add(entry);
    window_.finish_next();
}

void RelayPump::tell_losses(TimePoint now) {
    auto texts = losses_.take(channels_, options_.name);
    std::reverse(texts.begin(), texts.end());
    for (auto& text : texts) window_.push_next({.received = now, .payload = std::move(text)});
}

/// The next message needs a mark; those behind it soon will.
void RelayPump::ask_for_marks(TimePoint now) {
    static constexpr std::size_t kAhead = 4096;
    const auto ask = [&](const RelayEntry& entry) {
        if (phase_ == Phase::ready && step_of(entry, now) == RelayStep::ask) ask_for_mark(entry.channel, now);
    };
    window_.look_ahead(kAhead, ask);
}

void RelayPump::ask_for_mark(ChannelId id, TimePoint now) {
    RelayChannel& channel = channels_[id];
    auto& mark = channel.mark;
    if (mark.missing > 0) {
        if (now - mark.asked_at > options_.ack_timeout) drop_connection("the server does not answer", now);
        return;
    }
    if (mark.asked_at != TimePoint{} && now - mark.asked_at < kFirstDelay) return;  // it has failed
    mark.newest.reset();
    mark.missing = 2;
    mark.asked_at = now;
    const std::string reply = link_.inbox() + "." + kMarked + std::to_string(id);
    const std::string subject = jetstream_subject("STREAM.MSG.GET", options_.stream);
    for (const auto* const asked : {&channel.live, &channel.late}) {
        const std::string body = last_message_request(*asked);
        if (link_.publish({.subject = subject, .reply = reply, .payload = body}) == NatsResult::ok) continue;
        return drop_connection(link_.why(), now);
    }
}

/// Without a stream there are no acknowledgements: a message to the relay itself shows that earlier messages
/// have arrived.
void RelayPump::confirm_later(TimePoint now) {
    if (confirming_ != 0 || window_.in_flight() == 0) return;
    confirming_ = window_.next_label() - 1;
    const std::string subject = link_.inbox() + "." + kReached + std::to_string(confirming_);
    static const std::string kNone;
    if (link_.publish({.subject = subject, .reply = kNone}) != NatsResult::ok)
        drop_connection(link_.why(), now);
}

RelayStats RelayPump::stats(TimePoint now) const noexcept {
    RelayStats all = stats_;
    all.dropped = losses_.total();
    all.taken = intake_.taken();
    all.ring_dropped = intake_.ring_dropped();
    all.pending = window_.size();
    all.pending_bytes = window_.bytes();
    if (const auto oldest = window_.oldest()) all.age = std::max(now - *oldest, Duration{});
    all.is_connected = phase_ == Phase::ready || phase_ == Phase::settling;
    return all;
}

}  // namespace pinwheel
