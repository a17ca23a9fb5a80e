#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "../../proto/venue/profile.h"
#include "request_patterns.h"
#include "venue_shapes.h"

namespace pinwheel {

/// The shapes of a venue that is known by its profile alone: its requests are those of the profile's
/// templates, its messages the smallest ones that the profile's matchers take for what they are. Such a
/// venue has the limits of the profile, and does nothing that the profile does not say. Threading: any.
class ProfileShapes {
  public:
    /// Throws std::invalid_argument that names what cannot be made from the profile.
    explicit ProfileShapes(const VenueProfile& profile);
    ProfileShapes(const ProfileShapes&) = delete;
    ProfileShapes& operator=(const ProfileShapes&) = delete;

    [[nodiscard]] const VenueShapes& shapes() const noexcept { return shapes_; }

  private:
    [[nodiscard]] std::string_view keep(std::string text);

    RequestPatterns requests_;
    std::deque<std::string> texts_;
    std::vector<ChannelShape> channels_;
    std::vector<VerbShape> verbs_;
    VenueShapes shapes_;
};

}  // namespace pinwheel
