#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../../../proto/venue/profile.h"

namespace pinwheel::tool {

/// `--venue`, `--channel`, `--endpoint`, `--url` and `--legs`, as given.
struct VenueOptions {
    std::string venue{};  ///< empty: no venue
    std::vector<std::string> channels{};
    std::string endpoint{};  ///< empty: the profile's first one
    std::vector<std::string> urls{};
    std::size_t legs = 1;  ///< sessions that bring the same
};

/// One channel of `--channel NAME:SYMBOL`.
struct ChannelChoice {
    std::string name;
    std::string symbol;  ///< empty: the name is the venue's own text
};

/// A built-in profile by its name, or a profile's file. Throws UsageError, which lists the built-in names or
/// names the fault of the file.
[[nodiscard]] VenueProfile choose_venue(std::string_view name_or_file);
/// The URL of the profile's endpoint; empty: of its first one. Throws UsageError that lists its endpoints.
[[nodiscard]] const std::string& choose_endpoint(const VenueProfile& profile, std::string_view name);
/// Throws UsageError for a text other than NAME:SYMBOL or NAME.
[[nodiscard]] ChannelChoice parse_channel(std::string_view text);
/// `a, b, c`.
[[nodiscard]] std::string listed(const std::vector<std::string_view>& names);

}  // namespace pinwheel::tool
