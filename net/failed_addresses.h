#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint.h"

namespace pinwheel {

/// Addresses that accepted TCP and then failed: in TLS, in the upgrade, or by silence. They come last at the
/// next dial of the same target. Threading: one thread. Allocates: in note().
class FailedAddresses {
  public:
    /// The number of addresses that are remembered; the oldest are forgotten. Above the number of one
    /// attempt, for a dialer of several targets.
    static constexpr std::size_t kMax = 128;

    /// `address` of `target` failed.
    void note(std::string_view target, const Endpoint& address) {
        forget(target, address);
        if (entries_.size() == kMax) entries_.erase(entries_.begin());
        entries_.push_back({std::string(target), address});
    }
    /// `address` of `target` worked.
    void forget(std::string_view target, const Endpoint& address) noexcept {
        std::erase_if(entries_, [&](const Entry& one) { return one.is(target, address); });
    }
    /// Moves the failed addresses of `order` to its end, the oldest failure first. All others keep their
    /// order.
    void put_last(std::string_view target, std::vector<Endpoint>& order) const {
        for (const Entry& failed : entries_) {
            const auto at = std::ranges::find_if(
                order, [&](const Endpoint& address) { return failed.is(target, address); });
            if (at != order.end()) std::rotate(at, at + 1, order.end());
        }
    }
    /// The number of remembered addresses.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  private:
    struct Entry {
        [[nodiscard]] bool is(std::string_view its_target, const Endpoint& its_address) const noexcept {
            return target == its_target && address == its_address;
        }
        std::string target;
        Endpoint address;
    };
    std::vector<Entry> entries_;  // the newest last
};

}  // namespace pinwheel
