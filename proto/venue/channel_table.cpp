#include "channel_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

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

std::uint64_t mixed(std::uint64_t hash, std::uint64_t bytes) noexcept {
    hash = (hash ^ bytes) * 0x9e3779b97f4a7c15U;
    return hash ^ (hash >> 32);
}

template <class Word>
std::uint64_t word_at(const char* at) noexcept {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// A hash for short texts, eight bytes at a time; the last word may overlap the one before.
std::uint64_t mixed(std::uint64_t hash, std::string_view text) noexcept {
    hash = mixed(hash, text.size());
    const char* at = text.data();
    std::size_t left = text.size();
    if (left == 0) return hash;
    for (; left > 8; left -= 8, at += 8) hash = mixed(hash, word_at<std::uint64_t>(at));
    if (text.size() >= 8) return mixed(hash, word_at<std::uint64_t>(at + left - 8));
    if (left >= 4)
        return mixed(hash, word_at<std::uint32_t>(at) << 32 | word_at<std::uint32_t>(at + left - 4));
    const auto byte = [at](std::size_t i) { return word_at<std::uint8_t>(at + i); };
    return mixed(hash, byte(0) << 16 | byte(left / 2) << 8 | byte(left - 1));
}

/// The kind's text with the symbol inserted.
std::string text_of(const ChannelKind& kind, std::string_view symbol) {
    constexpr std::string_view kPlaceholder = "{symbol}";
    std::string text = kind.text;
    for (auto at = text.find(kPlaceholder); at != std::string::npos;
         at = text.find(kPlaceholder, at + symbol.size()))
        text.replace(at, kPlaceholder.size(), symbol);
    return text;
}

}  // namespace

void ChannelTable::Index::put(std::uint64_t hash, std::uint32_t key) noexcept {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].key != UINT32_MAX) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {hash, key};
}

void ChannelTable::Index::add(std::string_view text, std::string_view symbol, ChannelId id) {
    if (find(text, symbol) != kNoChannel) return;
    if (keys_.size() * 2 >= slots_.size()) {
        const auto old =
            std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(64, slots_.size() * 2)));
        for (const Slot& slot : old)
            if (slot.key != UINT32_MAX) put(slot.hash, slot.key);
    }
    put(mixed(mixed(0, text), symbol), static_cast<std::uint32_t>(keys_.size()));
    keys_.push_back({std::string(text), std::string(symbol), id});
}

ChannelId ChannelTable::Index::find(std::string_view text, std::string_view symbol) const noexcept {
    if (slots_.empty()) return kNoChannel;
    const std::uint64_t hash = mixed(mixed(0, text), symbol);
    for (std::size_t at = hash & (slots_.size() - 1); slots_[at].key != UINT32_MAX;
         at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash != hash) continue;
        const Key& key = keys_[slots_[at].key];
        if (key.text == text && key.symbol == symbol) return key.id;
    }
    return kNoChannel;
}

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
    names_.add(entry->text, entry->wire_symbol, id);
    for (const auto& data_name : entry->kind->data_names) data_names_.add(data_name, entry->wire_symbol, id);
    if (entry->kind->data_names.empty()) data_names_.add(entry->text, entry->wire_symbol, id);
    entries_.push_back(*std::move(entry));
    return id;
}

ChannelId ChannelTable::find(std::string_view text, std::string_view symbol) const noexcept {
    return names_.find(text, symbol);
}

ChannelId ChannelTable::find_data(std::string_view text, std::string_view symbol) const noexcept {
    const ChannelId id = data_names_.find(text, symbol);
    return id != kNoChannel || symbol.empty() ? id : data_names_.find(text, {});
}

}  // namespace pinwheel
