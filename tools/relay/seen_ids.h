#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace pinwheel {

/// The last ids, up to a maximum. Threading: one thread. Allocates: for each id.
class SeenIds {
  public:
    explicit SeenIds(std::size_t most) : most_(most) {}

    /// True if the id came before.
    bool see(std::string_view id) {
        const std::size_t hash = std::hash<std::string_view>{}(id);
        if (!known_.insert(hash).second) return true;
        order_.push_back(hash);
        if (order_.size() > most_) {
            known_.erase(order_.front());
            order_.pop_front();
        }
        return false;
    }

  private:
    const std::size_t most_;
    std::unordered_set<std::size_t> known_;
    std::deque<std::size_t> order_;
};

}  // namespace pinwheel
