#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"
#include "../../core/random.h"

namespace pinwheel {

/// A synthetic market: trades and book updates on a few instruments, the same for the same seed except the
/// stamps. Each channel counts its messages, so that a reader can detect losses.
class Market {
  public:
    explicit Market(std::uint64_t seed);

    [[nodiscard]] const std::vector<std::string>& channels() const noexcept { return names_; }
    /// The next event, on a random channel. `stamp` goes into its `ts`, in ns of Unix time. The text is valid
    /// until the next call.
    struct Event {
        std::size_t channel;
        std::string_view text;
    };
    [[nodiscard]] Event next(SystemTime stamp);

  private:
    struct Channel {
        bool trades;
        double price;
        std::uint64_t sequence;
    };

    SeededRandom random_;
    std::vector<std::string> names_;
    std::vector<Channel> channels_;
    std::string text_;
};

}  // namespace pinwheel
