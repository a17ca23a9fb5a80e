#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_set>

#include "../../core/clock.h"

namespace pinwheel {

/// The ids of the last `most` messages within `span`. Threading: one thread. Time is an argument. Allocates:
/// for each id.
class SeenIds {
  public:
    SeenIds(std::size_t most, Duration span) : most_(most), span_(span) {}

    /// True if the id is a repetition.
    bool see(std::string_view id, TimePoint now) {
        while (!order_.empty() && (order_.size() > most_ || now - order_.front().at > span_)) {
            known_.erase(order_.front().hash);
            order_.pop_front();
        }
        const std::size_t hash = std::hash<std::string_view>{}(id);
        if (!known_.insert(hash).second) return true;
        order_.push_back({hash, now});
        return false;
    }

  private:
    struct Seen {
        std::size_t hash;
        TimePoint at;
    };

    const std::size_t most_;
    const Duration span_;
    std::unordered_set<std::size_t> known_;
    std::deque<Seen> order_;
};

}  // namespace pinwheel
