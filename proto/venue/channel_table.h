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

/// A channel in the profile's terms and in the venue's.
struct ChannelEntry : ChannelName {
    std::string text{};         ///< the venue's name for the channel
    std::string wire_symbol{};  ///< the symbol that the venue expects beside it; may be empty
    const detail::ChannelKind* kind = nullptr;
};

/// The channels of a feed, shared by its legs. Found by the names in acknowledgements and data messages.
/// Threading: one thread. Invariant: an id never changes. Allocates: in add().
class ChannelTable {
  public:
    explicit ChannelTable(const VenueProfile& profile) : profile_(profile) {}

    /// A channel by a kind's name and a symbol, or by the venue's own text without a symbol. The same channel
    /// gets the same id. The error lists the names in the profile.
    [[nodiscard]] Result<ChannelId> add(std::string_view name, std::string_view symbol = {});

    [[nodiscard]] const ChannelEntry& operator[](ChannelId id) const noexcept { return entries_[id]; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// By the names in a subscription or in its acknowledgement.
    [[nodiscard]] ChannelId find(std::string_view text, std::string_view symbol) const noexcept;
    /// By the names in a data message.
    [[nodiscard]] ChannelId find_data(std::string_view text, std::string_view symbol) const noexcept;

  private:
    /// Ids by two texts. Of equal keys the first counts. Open addressing, at most half full.
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
            std::uint32_t key = UINT32_MAX;  // none: the slot is free
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
