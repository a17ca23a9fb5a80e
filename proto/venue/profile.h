#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/result.h"

namespace pinwheel {

namespace detail {
struct ProfileData;
}

/// An endpoint of a venue.
struct VenueEndpoint {
    std::string name;  ///< for example `public`
    std::string url;   ///< with scheme
};

/// The demands of a venue on its clients: how it subscribes, answers, pings, limits and numbers. Parsed and
/// validated from JSON, immutable, shared by its copies. Threading: any. Allocates: when it is loaded.
class VenueProfile {
  public:
    /// Only load_venue(), load_venue_file() and parse_venue() make one.
    explicit VenueProfile(std::shared_ptr<const detail::ProfileData> data) noexcept;

    /// The name for load_venue(), for example `okx-v5`.
    [[nodiscard]] const std::string& name() const noexcept;
    /// The display name.
    [[nodiscard]] const std::string& title() const noexcept;
    /// At least one. The first is the default.
    [[nodiscard]] const std::vector<VenueEndpoint>& endpoints() const noexcept;
    /// The names of its kinds of channels, in its order.
    [[nodiscard]] std::vector<std::string_view> channel_names() const;

    /// The parsed contents; internal.
    [[nodiscard]] const detail::ProfileData& data() const noexcept { return *data_; }

  private:
    std::shared_ptr<const detail::ProfileData> data_;
};

/// A built-in profile. The error names the nearest known one.
[[nodiscard]] Result<VenueProfile> load_venue(std::string_view name);
/// A profile from a file. An error names the file, a JSON pointer (RFC 6901) and the expected value.
[[nodiscard]] Result<VenueProfile> load_venue_file(const std::string& path);
/// The same from text. Errors show `name` instead of a file.
[[nodiscard]] Result<VenueProfile> parse_venue(std::string_view json, std::string_view name = "profile");
/// The names of the built-in profiles, sorted. Static storage.
[[nodiscard]] std::vector<std::string_view> venue_names();

}  // namespace pinwheel
