#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../../../proto/venue/subscription_ledger.h"
#include "padded.h"

namespace pinwheel::test {

/// A ledger with manual time, fed with a venue's texts.
class LedgerDriver {
  public:
    explicit LedgerDriver(const VenueProfile& profile, LedgerOptions options = {})
        : profile_(profile),
          channels(profile_),
          classifier_(profile_, channels),
          ledger(profile_, channels, options) {}

    ChannelId want(std::string_view name, std::string_view symbol = {}) {
        const ChannelId id = *channels.add(name, symbol);
        ledger.want(id);
        return id;
    }
    /// All messages that can be sent now.
    std::vector<std::string> send() {
        std::vector<std::string> texts;
        while (auto request = ledger.next_request(now, 1'700'000'000'000)) texts.push_back(request->text);
        return texts;
    }
    ReplyOutcome receive(std::string_view text) {
        const Padded padded(text);
        const auto message = classifier_.classify(padded);
        if (message.kind == MessageKind::data) {
            ledger.on_data(message.channel);
            return ReplyOutcome::applied;
        }
        const bool is_error = message.kind == MessageKind::error;
        if (!is_error && message.kind != MessageKind::ack) return ReplyOutcome::unmatched;
        return ledger.on_reply(read_reply(profile_, channels, classifier_.values(), padded, is_error), now);
    }
    void pass(Duration time) {
        now += time;
        ledger.on_time(now);
    }
    /// The reason of the channel's refusal.
    std::string refusal(ChannelId channel) {
        std::string text;
        for (auto& change : ledger.take_changes()) told_.push_back(std::move(change));
        for (const auto& change : told_)
            if (change.channel == channel && change.state == ChannelState::refused)
                text = change.code + "|" + change.message;
        return text;
    }

  private:
    VenueProfile profile_;

  public:
    ChannelTable channels;

  private:
    MessageClassifier classifier_;
    std::vector<ChannelChange> told_;

  public:
    SubscriptionLedger ledger;
    TimePoint now{std::chrono::hours{1}};
};

/// The ledger of a built-in venue, connected.
class Ledger : public LedgerDriver {
  public:
    explicit Ledger(std::string_view venue) : LedgerDriver(*load_venue(venue)) { ledger.connected(); }
    ChannelState state(ChannelId channel) const { return ledger.state(channel); }
};

}  // namespace pinwheel::test
