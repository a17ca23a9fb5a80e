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

/// Where a venue is reached.
struct VenueEndpoint {
    std::string name;  ///< such as `public`
    std::string url;   ///< with scheme
};

/// What a venue demands of its clients: how it subscribes, answers, pings, limits and numbers. Parsed and
/// validated from JSON, immutable, shared by its copies. Threading: any. Allocates: when it is loaded.
class VenueProfile {
  public:
    /// Only load_venue(), load_venue_file() and parse_venue() make one.
    explicit VenueProfile(std::shared_ptr<const detail::ProfileData> data) noexcept;

    /// The name that load_venue() knows it by, such as `okx-v5`.
    [[nodiscard]] const std::string& name() const noexcept;
    /// The name for people.
    [[nodiscard]] const std::string& title() const noexcept;
    /// At least one; the first is the default.
    [[nodiscard]] const std::vector<VenueEndpoint>& endpoints() const noexcept;
    /// Names of the kinds of channels that it describes, in its order.
    [[nodiscard]] std::vector<std::string_view> channel_names() const;

    /// All of it, for the library's own use.
    [[nodiscard]] const detail::ProfileData& data() const noexcept { return *data_; }

  private:
    std::shared_ptr<const detail::ProfileData> data_;
};

/// A built-in profile. The error names the nearest known one.
[[nodiscard]] Result<VenueProfile> load_venue(std::string_view name);
/// A profile from a file. An error names the file, a JSON pointer (RFC 6901) and what was expected there.
[[nodiscard]] Result<VenueProfile> load_venue_file(const std::string& path);
/// The same from text; `name` stands for the file in errors.
[[nodiscard]] Result<VenueProfile> parse_venue(std::string_view json, std::string_view name = "profile");
/// The names of the built-in profiles, sorted. Static storage.
[[nodiscard]] std::vector<std::string_view> venue_names();

}  // namespace pinwheel
