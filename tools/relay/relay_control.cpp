#include "relay_control.h"

#include <algorithm>
#include <utility>

#include "../../proto/feed/feed_message.h"
#include "../../proto/policy/disconnect_reason.h"
#include "../../proto/text/json_value.h"

namespace pinwheel {
namespace {

using Members = std::vector<std::pair<std::string, JsonValue>>;

void add_channel(Members& members, ChannelId id, RelayChannels& channels) {
    if (id == kNoChannel) return;
    const ChannelName& name = channels[id].name;
    members.emplace_back("channel", name.name);
    members.emplace_back("symbol", name.symbol);
}

/// False: not reported.
bool add_leg_state(Members& members, const RecordHeader& record, LegState state) {
    if (state != LegState::up && state != LegState::down) return false;
    members[0].second = state == LegState::up ? "connected" : "disconnected";
    members.emplace_back("generation", record.generation);
    if (state == LegState::up) return true;
    members.emplace_back("code", record.code);
    if (record.reason != 0)
        members.emplace_back("reason", to_string(static_cast<DisconnectReason>(record.reason)));
    return true;
}

bool add_channel_state(Members& members, const RecordHeader& record, const FeedHead& head,
                       RelayChannels& channels) {
    const auto state = static_cast<ChannelState>(head.state);
    if (state != ChannelState::live && state != ChannelState::refused) return false;
    add_channel(members, head.channel, channels);
    members.emplace_back("state", to_string(state));
    if (state == ChannelState::refused) members.emplace_back("why", FeedHead::text_of(record));
    return true;
}

}  // namespace

std::string control_text(const RecordHeader& record, RelayChannels& channels, std::string_view relay) {
    Members members{{"event", "dropped"}, {"relay", relay}};
    if (record.kind == RecordKind::dropped) {
        members.emplace_back("from", record.sequence + 1 - std::min(record.count, record.sequence));
        members.emplace_back("to", record.sequence);
        members.emplace_back("count", record.count);
        return JsonValue(members).dump();
    }
    if (record.kind != RecordKind::gap && record.kind != RecordKind::channel_state &&
        record.kind != RecordKind::leg_state)
        return {};
    const FeedHead head = FeedHead::of(record);
    members.emplace_back("leg", static_cast<int>(head.leg));
    bool is_told = true;
    if (record.kind == RecordKind::leg_state) {
        is_told = add_leg_state(members, record, static_cast<LegState>(head.state));
    } else if (record.kind == RecordKind::channel_state) {
        members[0].second = "channel";
        is_told = add_channel_state(members, record, head, channels);
    } else {
        members[0].second = "gap";
        add_channel(members, head.channel, channels);
        members.emplace_back("from", head.begin);
        members.emplace_back("to", head.end);
        members.emplace_back("doubtful", (head.flags & FeedHead::kDoubtful) != 0);
    }
    return is_told ? JsonValue(members).dump() : std::string();
}

void RelayLosses::add(const RelayEntry& entry) {
    ++total_;
    auto at = std::find_if(losses_.begin(), losses_.end(),
                           [&](const Loss& loss) { return loss.channel == entry.channel; });
    if (at == losses_.end()) {
        losses_.push_back({.channel = entry.channel,
                           .is_numbered = entry.is_numbered,
                           .from = entry.begin,
                           .to = entry.end,
                           .from_ns = entry.kernel_ns,
                           .to_ns = entry.kernel_ns});
        at = std::prev(losses_.end());
    }
    at->is_numbered &= entry.is_numbered;
    at->is_doubtful |= entry.state == RelayEntry::State::sent;
    at->from = std::min(at->from, entry.begin);
    at->to = std::max(at->to, entry.end);
    at->from_ns = std::min(at->from_ns, entry.kernel_ns);
    at->to_ns = std::max(at->to_ns, entry.kernel_ns);
    ++at->count;
}

std::vector<std::string> RelayLosses::take(RelayChannels& channels, std::string_view relay) {
    std::vector<std::string> texts;
    for (const auto& loss : losses_) {
        Members members{{"event", "not_relayed"}, {"relay", relay}};
        add_channel(members, loss.channel, channels);
        if (loss.is_numbered) {
            members.emplace_back("from", loss.from);
            members.emplace_back("to", loss.to);
        }
        members.emplace_back("from_ns", loss.from_ns);
        members.emplace_back("to_ns", loss.to_ns);
        members.emplace_back("count", loss.count);
        members.emplace_back("doubtful", loss.is_doubtful);
        texts.push_back(JsonValue(members).dump());
    }
    losses_.clear();
    return texts;
}

}  // namespace pinwheel
