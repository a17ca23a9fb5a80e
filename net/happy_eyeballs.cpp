#include "happy_eyeballs.h"

#include <algorithm>

namespace pinwheel {

std::vector<Endpoint> interleave_families(std::span<const Endpoint> addresses, int first_family) {
    std::vector<Endpoint> first;
    std::vector<Endpoint> second;
    for (const auto& address : addresses) {
        auto& family = address.family() == first_family ? first : second;
        if (family.size() == kMaxAddressesTried) continue;
        if (std::find(family.begin(), family.end(), address) == family.end()) family.push_back(address);
    }
    std::vector<Endpoint> order;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) order.push_back(first[i]);
        if (i < second.size()) order.push_back(second[i]);
    }
    return order;
}

}  // namespace pinwheel
