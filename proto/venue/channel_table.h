#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/result.h"
#include "channel.h"
#include "profile_data.h"

namespace pinwheel {

/// A channel in the profile's words and in the venue's.
struct ChannelEntry : ChannelName {
    std::string text{};         ///< what the venue calls the channel
    std::string wire_symbol{};  ///< the symbol that the venue takes beside it; may be empty
    const detail::ChannelKind* kind = nullptr;
};

/// The channels of a feed, shared by its legs. Found by the names that acknowledgements and data messages
/// give them. Threading: one thread. Invariant: an id never changes. Allocates: in add().
class ChannelTable {
  public:
    explicit ChannelTable(const VenueProfile& profile) : profile_(profile) {}

    /// A channel by a kind's name and a symbol, or by the venue's own text without a symbol. The same channel
    /// gets the same id. The error tells the names that the profile knows.
    [[nodiscard]] Result<ChannelId> add(std::string_view name, std::string_view symbol = {});

    [[nodiscard]] const ChannelEntry& operator[](ChannelId id) const noexcept { return entries_[id]; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// By the words of a subscription or of its acknowledgement.
    [[nodiscard]] ChannelId find(std::string_view text, std::string_view symbol) const noexcept;
    /// By the words of a data message.
    [[nodiscard]] ChannelId find_data(std::string_view text, std::string_view symbol) const noexcept;

  private:
    /// Ids by two texts; the first of equal ones counts. Open addressing, at most half full.
    class Index {
      public:
        void add(std::string_view text, std::string_view symbol, ChannelId id);
        [[nodiscard]] ChannelId find(std::string_view text, std::string_view symbol) const noexcept;

      private:
        struct Key {
            std::string text, symbol;
            ChannelId id = kNoChannel;
        };
        struct Slot {
            std::uint64_t hash = 0;
            std::uint32_t key = UINT32_MAX;  // none: free
        };
        void put(std::uint64_t hash, std::uint32_t key) noexcept;
        std::vector<Key> keys_;
        std::vector<Slot> slots_;
    };

    [[nodiscard]] Result<ChannelEntry> resolve(std::string_view name, std::string_view symbol) const;

    VenueProfile profile_;
    std::deque<ChannelEntry> entries_;
    Index names_;
    Index data_names_;
};

}  // namespace pinwheel
