#include "relay_rules.h"

namespace pinwheel {

RelayStep RelayRules::step(const RelayEntry& entry, const RelayChannel& channel,
                           TimePoint now) const noexcept {
    if (entry.channel == kNoChannel) return RelayStep::live;  // no tick
    const Duration age = now - entry.received;
    const RelayStep fit = age <= max_age ? RelayStep::live : RelayStep::late;
    if (!has_stream) return fit == RelayStep::live ? RelayStep::live : RelayStep::lose;
    const bool has_id = entry.is_numbered || !entry.id.empty();
    if (!has_id) return fit;  // no comparison
    const bool is_old = age > trusted;
    if (!entry.is_comparable) return is_old ? RelayStep::lose : fit;
    if (!is_old && !entry.is_suspect) return fit;
    const auto& mark = channel.mark;
    if (!mark.at || now - *mark.at > trusted) return RelayStep::ask;
    return mark.number && entry.end <= *mark.number ? RelayStep::skip : fit;
}

}  // namespace pinwheel
