#include "channel_table.h"

#include <algorithm>

#include "../../core/nearest_name.h"

namespace pinwheel {

using detail::ChannelKind;
using detail::ProfileData;

namespace {

std::string in_case(std::string_view symbol, ProfileData::SymbolCase wanted) {
    std::string text(symbol);
    for (char& byte : text) {
        if (wanted == ProfileData::SymbolCase::lower && byte >= 'A' && byte <= 'Z')
            byte = static_cast<char>(byte + 32);
        if (wanted == ProfileData::SymbolCase::upper && byte >= 'a' && byte <= 'z')
            byte = static_cast<char>(byte - 32);
    }
    return text;
}

bool takes_symbol(const detail::RequestFormat& request) {
    return request.message.contains(MessageTemplate::Field::symbol) ||
           request.arg.contains(MessageTemplate::Field::symbol);
}

/// The kind's text with the symbol in its place.
std::string text_of(const ChannelKind& kind, std::string_view symbol) {
    constexpr std::string_view kPlaceholder = "{symbol}";
    std::string text = kind.text;
    for (auto at = text.find(kPlaceholder); at != std::string::npos;
         at = text.find(kPlaceholder, at + symbol.size()))
        text.replace(at, kPlaceholder.size(), symbol);
    return text;
}

}  // namespace

Result<ChannelEntry> ChannelTable::resolve(std::string_view name, std::string_view symbol) const {
    const ProfileData& profile = profile_.data();
    if (name.empty()) return Error{Errc::invalid_argument, "a channel without a name"};
    ChannelEntry entry{{.name = std::string(name), .symbol = std::string(symbol)}};
    entry.kind = &profile.other;
    const std::string cased = in_case(symbol, profile.symbol_case);
    entry.text = entry.name;
    if (takes_symbol(profile.subscribe)) entry.wire_symbol = cased;
    for (const auto& kind : profile.channels) {
        if (kind.name != name) continue;
        if (!kind.text.empty() && symbol.empty()) continue;
        entry.kind = &kind;
        if (!kind.text.empty()) entry.text = text_of(kind, cased);
        if (!kind.text.empty()) entry.wire_symbol.clear();
        return entry;
    }
    for (const auto& kind : profile.channels)
        if (std::any_of(kind.matches.begin(), kind.matches.end(),
                        [&](const std::string& pattern) { return detail::matches_pattern(name, pattern); })) {
            entry.kind = &kind;
            break;
        }
    if (symbol.empty() || takes_symbol(profile.subscribe)) return entry;
    return Error{Errc::invalid_argument, profile.name + ": unknown channel '" + entry.name +
                                             "' with a symbol" +
                                             did_you_mean(name, profile_.channel_names()) +
                                             "; give the venue's own text without a symbol for others"};
}

Result<ChannelId> ChannelTable::add(std::string_view name, std::string_view symbol) {
    auto entry = resolve(name, symbol);
    if (!entry) return entry.error();
    if (const ChannelId known = find(entry->text, entry->wire_symbol); known != kNoChannel) return known;
    const auto id = static_cast<ChannelId>(entries_.size());
    names_.try_emplace({entry->text, entry->wire_symbol}, id);
    for (const auto& data_name : entry->kind->data_names)
        data_names_.try_emplace({data_name, entry->wire_symbol}, id);
    if (entry->kind->data_names.empty()) data_names_.try_emplace({entry->text, entry->wire_symbol}, id);
    entries_.push_back(*std::move(entry));
    return id;
}

ChannelId ChannelTable::find_in(const Index& index, std::string_view text, std::string_view symbol) noexcept {
    const auto found = index.find(KeyView(text, symbol));
    return found == index.end() ? kNoChannel : found->second;
}

ChannelId ChannelTable::find(std::string_view text, std::string_view symbol) const noexcept {
    return find_in(names_, text, symbol);
}

ChannelId ChannelTable::find_data(std::string_view text, std::string_view symbol) const noexcept {
    const ChannelId id = find_in(data_names_, text, symbol);
    return id != kNoChannel || symbol.empty() ? id : find_in(data_names_, text, {});
}

}  // namespace pinwheel
