#include "profile.h"

#include <utility>

#include "../../core/nearest_name.h"
#include "../../core/text_file.h"
#include "built_in_profiles.h"
#include "profile_data.h"
#include "profile_parser.h"

namespace pinwheel {

VenueProfile::VenueProfile(std::shared_ptr<const detail::ProfileData> data) noexcept
    : data_(std::move(data)) {}

const std::string& VenueProfile::name() const noexcept {
    return data_->name;
}

const std::string& VenueProfile::title() const noexcept {
    return data_->title;
}

const std::vector<VenueEndpoint>& VenueProfile::endpoints() const noexcept {
    return data_->endpoints;
}

std::vector<std::string_view> VenueProfile::channel_names() const {
    std::vector<std::string_view> names;
    for (const auto& kind : data_->channels) names.emplace_back(kind.name);
    return names;
}

Result<VenueProfile> parse_venue(std::string_view json, std::string_view name) {
    auto data = detail::parse_profile(json, name);
    if (!data) return data.error();
    return VenueProfile(*std::move(data));
}

Result<VenueProfile> load_venue_file(const std::string& path) {
    auto text = read_text_file(path);
    if (!text) return text.error();
    return parse_venue(*text, path);
}

Result<VenueProfile> load_venue(std::string_view name) {
    for (const auto& [known, json] : detail::built_in_profiles())
        if (known == name) return parse_venue(json, known);
    return Error{Errc::invalid_argument,
                 "unknown venue '" + std::string(name) + "'" + did_you_mean(name, venue_names())};
}

std::vector<std::string_view> venue_names() {
    std::vector<std::string_view> names;
    for (const auto& profile : detail::built_in_profiles()) names.push_back(profile.name);
    return names;
}

}  // namespace pinwheel
