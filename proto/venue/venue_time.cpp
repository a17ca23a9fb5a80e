#include "venue_time.h"

namespace pinwheel {

std::int64_t venue_time(const FieldValue& value, TimeUnit unit) noexcept {
    const bool is_string = value.type == JsonType::string;
    if (!is_string && (value.type != JsonType::number || unit == TimeUnit::rfc3339)) return 0;
    return parse_stamp(value.text, unit).value_or(0);
}

}  // namespace pinwheel
