#include "venue_choice.h"

#include <algorithm>
#include <filesystem>

#include "client.h"

namespace pinwheel::tool {

std::string listed(const std::vector<std::string_view>& names) {
    std::string text;
    for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

VenueProfile choose_venue(std::string_view name_or_file) {
    const auto names = venue_names();
    std::error_code unknown;
    const bool is_file = name_or_file.find_first_of("/.") != std::string_view::npos ||
                         std::filesystem::exists(name_or_file, unknown);
    const bool is_name = std::find(names.begin(), names.end(), name_or_file) != names.end();
    auto profile =
        is_file && !is_name ? load_venue_file(std::string(name_or_file)) : load_venue(name_or_file);
    if (profile) return *std::move(profile);
    std::string why = profile.error().message();
    if (!is_file) why += "; the venues are " + listed(names) + ", or give a profile's file";
    throw UsageError{why};
}

const std::string& choose_endpoint(const VenueProfile& profile, std::string_view name) {
    const auto& endpoints = profile.endpoints();
    if (name.empty()) return endpoints.front().url;
    std::vector<std::string_view> names;
    for (const auto& endpoint : endpoints) {
        if (endpoint.name == name) return endpoint.url;
        names.push_back(endpoint.name);
    }
    throw UsageError{"--endpoint '" + std::string(name) + "' is none of " + profile.name() + "; it has " +
                     listed(names)};
}

ChannelChoice parse_channel(std::string_view text) {
    const auto colon = text.find(':');
    const bool has_symbol = colon != std::string_view::npos;
    if (text.empty() || colon == 0 || (has_symbol && colon + 1 == text.size()))
        throw UsageError{
            "--channel '" + std::string(text) +
            "' is not NAME:SYMBOL, such as trades:BTC-USDT, nor the venue's own text of a channel"};
    return {std::string(text.substr(0, colon)),
            has_symbol ? std::string(text.substr(colon + 1)) : std::string()};
}

}  // namespace pinwheel::tool
