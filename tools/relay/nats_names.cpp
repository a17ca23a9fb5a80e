#include "nats_names.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace pinwheel {
namespace {

constexpr std::string_view kLate = "-late";

bool stands_for_itself(char character) noexcept {
    return character > ' ' && character < '\x7f' &&
           std::string_view(".*>%|").find(character) == std::string_view::npos;
}

std::string joined(const ChannelName& channel, char between) {
    return nats_token(channel.name) + between + nats_token(channel.symbol);
}

/// FNV-1a with a custom basis. Two hashes form one id.
std::uint64_t hash(std::string_view text, std::uint64_t basis) noexcept {
    for (const char character : text) basis = (basis ^ static_cast<unsigned char>(character)) * 0x100000001b3;
    return basis;
}

}  // namespace

std::string nats_token(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (text.empty()) return "_";
    std::string token;
    for (const char character : text) {
        if (stands_for_itself(character) && !(token.empty() && character == '_')) {
            token += character;
            continue;
        }
        const auto code = static_cast<unsigned char>(character);
        token += '%';
        token += kDigits[code >> 4U];
        token += kDigits[code & 15U];
    }
    return token;
}

bool is_nats_prefix(std::string_view text) noexcept {
    bool in_token = false;
    for (const char character : text) {
        if (character == '.' ? !in_token : !stands_for_itself(character)) return false;
        in_token = character != '.';
    }
    return in_token && !text.starts_with('$') && !text.starts_with("_INBOX");
}

bool covers_subject(std::string_view pattern, std::string_view subject) noexcept {
    const auto token = [](std::string_view& text) {
        const auto end = text.find('.');
        const auto first = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        return first;
    };
    while (!pattern.empty() && !subject.empty()) {
        const auto wanted = token(pattern);
        const auto given = token(subject);
        if (wanted == ">") return true;
        if (given == ">" || (wanted != "*" && wanted != given)) return false;
    }
    return pattern.empty() && subject.empty();
}

NatsNames::NatsNames(std::string_view prefix, std::string_view venue) : venue_(nats_token(venue)) {
    live_ = std::string(prefix) + "." + venue_ + ".";
    late_ = std::string(prefix) + std::string(kLate) + "." + venue_ + ".";
}

std::string NatsNames::live(const ChannelName& channel) const {
    return live_ + joined(channel, '.');
}

std::string NatsNames::late(const ChannelName& channel) const {
    return late_ + joined(channel, '.');
}

std::string NatsNames::id_prefix(const ChannelName& channel) const {
    return venue_ + "|" + joined(channel, '|') + "|";
}

std::string id_of_numbers(std::int64_t begin, std::int64_t end, bool is_snapshot) {
    std::string id = is_snapshot ? "snapshot." : "";
    if (begin != end) id += std::to_string(begin) + "..";
    return id + std::to_string(end);
}

std::optional<std::int64_t> number_of_id(std::string_view id) noexcept {
    const auto start = id.find_last_of("|.");
    if (start == std::string_view::npos) return std::nullopt;
    id.remove_prefix(start + 1);
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc() || stop != id.data() + id.size()) return std::nullopt;
    return number;
}

std::string id_of_contents(std::string_view payload) {
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "#%016llx%016llx",
                                   static_cast<unsigned long long>(hash(payload, 0xcbf29ce484222325)),
                                   static_cast<unsigned long long>(hash(payload, payload.size() + 1)));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string live_subject(std::string_view subject, std::string_view prefix) {
    std::string late(prefix);
    late += kLate;
    late += '.';
    if (!subject.starts_with(late)) return std::string(subject);
    return std::string(prefix) + std::string(subject.substr(late.size() - 1));
}

}  // namespace pinwheel
