#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "../../net/http_head.h"
#include "deflate_answer_impl.h"

namespace pinwheel::detail {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes the text before the next `separator` off `text`.
std::string_view take(std::string_view& text, char separator) noexcept {
    const auto at = std::min(text.find(separator), text.size());
    const auto taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return trimmed(taken);
}

/// 8 to 15, without leading zeros (RFC 7692 section 7.1.2.1), or the same in quotes (RFC 6455 section 9.1).
bool is_window_bits(std::string_view value) noexcept {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    constexpr std::array<std::string_view, 8> kBits{"8", "9", "10", "11", "12", "13", "14", "15"};
    return std::ranges::find(kBits, value) != kBits.end();
}

enum class Parameter : std::size_t {
    server_no_context_takeover,
    client_no_context_takeover,
    server_max_window_bits,
    unknown
};

Parameter parameter_of(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 3> kNames{"server_no_context_takeover",
                                                     "client_no_context_takeover", "server_max_window_bits"};
    const auto* const at =
        std::ranges::find_if(kNames, [name](auto known) { return equal_ignoring_case(known, name); });
    return static_cast<Parameter>(at - kNames.begin());
}

}  // namespace

std::string_view refuse_deflate_answer(std::string_view extensions) noexcept {
    std::string_view only;
    while (!extensions.empty()) {  // RFC 9110 section 5.6.1 allows empty items
        const auto item = take(extensions, ',');
        if (item.empty()) continue;
        if (!only.empty())
            return "the server uses several extensions, and only permessage-deflate was offered";
        only = item;
    }
    if (!equal_ignoring_case(take(only, ';'), kDeflateOffer))
        return "the server uses an extension other than permessage-deflate, which alone was offered";
    std::array<bool, static_cast<std::size_t>(Parameter::unknown)> seen{};
    while (!only.empty()) {
        auto value = take(only, ';');
        const bool has_value = value.find('=') != std::string_view::npos;
        const auto name = take(value, '=');
        const Parameter parameter = parameter_of(name);
        if (equal_ignoring_case(name, "client_max_window_bits"))
            return "the server bounds the client's window of permessage-deflate, which was not offered";
        if (parameter == Parameter::unknown)
            return "the server's answer to permessage-deflate has an unknown parameter";
        if (std::exchange(seen[static_cast<std::size_t>(parameter)], true))
            return "the server's answer to permessage-deflate has a parameter twice";
        const bool takes_bits = parameter == Parameter::server_max_window_bits;
        if (has_value != takes_bits || (takes_bits && !is_window_bits(trimmed(value))))
            return "a parameter of the server's answer to permessage-deflate has an invalid value";
    }
    return {};
}

}  // namespace pinwheel::detail
