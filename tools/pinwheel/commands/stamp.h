#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../../../core/clock.h"
#include "../../../proto/text/json_view.h"
#include "../../../proto/text/stamp.h"

namespace pinwheel::tool {

/// The time in each message, for a measurement from there. The first stamp decides its unit if none is given.
/// A stamp that cannot be right is a fault, never a measurement.
class StampReader {
  public:
    /// A JSON pointer, and `auto`, `ns`, `us`, `ms`, `s` or `iso`. Throws UsageError for any other unit.
    StampReader(std::string pointer, std::string_view unit);

    /// From the stamp to `now`. Nothing if the message has no stamp, or a faulty one.
    [[nodiscard]] std::optional<Duration> age(const JsonView& json, SystemTime now);

    /// One sentence on the first faulty stamp; empty if there is none.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  private:
    [[nodiscard]] std::string describe_fault(std::string_view text, std::optional<SystemTime> time,
                                             SystemTime now) const;

    const std::string pointer_;
    std::optional<TimeUnit> unit_;
    std::string fault_;
};

}  // namespace pinwheel::tool
