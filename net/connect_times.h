#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../core/clock.h"
#include "endpoint.h"

namespace pinwheel {

/// How long addresses took to connect. Threading: one thread. Allocates: at note().
class ConnectTimes {
  public:
    /// As many are remembered, the newest.
    static constexpr std::size_t kMax = 128;

    /// `address` of `target` connected within `time`. A quarter of the new time counts.
    void note(std::string_view target, const Endpoint& address, Duration time) {
        const auto known =
            std::ranges::find_if(entries_, [&](const Entry& one) { return one.is(target, address); });
        if (known != entries_.end()) {
            known->time += (time - known->time) / 4;
            return;
        }
        if (entries_.size() == kMax) entries_.erase(entries_.begin());
        entries_.push_back({std::string(target), address, time});
    }
    /// Sorts by time, addresses without one last and in their order. Then `rank` - 1 addresses move from the
    /// front to the end, in a circle. Rank 0 changes nothing.
    void put_first(std::string_view target, std::size_t rank, std::vector<Endpoint>& order) const {
        if (rank == 0 || order.empty()) return;
        std::ranges::stable_sort(order, {},
                                 [&](const Endpoint& address) { return time_of(target, address); });
        const auto first = static_cast<std::ptrdiff_t>((rank - 1) % order.size());
        std::rotate(order.begin(), order.begin() + first, order.end());
    }
    /// Sorts by time, addresses without one first and in their order, so that each is measured once.
    void rank(std::string_view target, std::vector<Endpoint>& order) const {
        std::ranges::stable_sort(order, {}, [&](const Endpoint& address) {
            const Duration time = time_of(target, address);
            return time == Duration::max() ? Duration::min() : time;
        });
    }

  private:
    struct Entry {
        [[nodiscard]] bool is(std::string_view its_target, const Endpoint& its_address) const noexcept {
            return target == its_target && address == its_address;
        }
        std::string target;
        Endpoint address;
        Duration time;
    };
    [[nodiscard]] Duration time_of(std::string_view target, const Endpoint& address) const noexcept {
        for (const Entry& one : entries_)
            if (one.is(target, address)) return one.time;
        return Duration::max();
    }

    std::vector<Entry> entries_;  // the newest last
};

}  // namespace pinwheel
