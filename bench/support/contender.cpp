#include "contender.h"

#include <algorithm>

#include "../../core/clock.h"

namespace pinwheel::bench {
namespace {

std::vector<ContenderKind>& registered() {
    static std::vector<ContenderKind> kinds;
    return kinds;
}

}  // namespace

void Receiver::note_latency(const void* payload) noexcept {
    SteadyClock clock;
    const auto stamp = static_cast<std::int64_t>(number_at(payload, kStampAt));
    if (latencies_->size() < latencies_->capacity())
        latencies_->push_back(clock.now().time_since_epoch().count() - stamp);
}

const std::vector<ContenderKind>& contender_kinds() {
    return registered();
}

ContenderRegistration::ContenderRegistration(const ContenderKind& kind) {
    auto& kinds = registered();
    kinds.insert(std::ranges::upper_bound(kinds, kind.order, {}, &ContenderKind::order), kind);
}

}  // namespace pinwheel::bench
