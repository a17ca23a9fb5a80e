#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../net/network.h"
#include "../../net/reactor.h"
#include "../venue/channel_table.h"
#include "../venue/profile.h"
#include "../websocket/url.h"
#include "feed_options.h"
#include "leg_tap.h"

namespace pinwheel {

/// Data that the legs of a feed share. Threading: the reactor's thread.
struct FeedShared {
    /// Throws WebSocketError for an invalid endpoint or URL.
    FeedShared(Reactor& reactor, const VenueProfile& profile, FeedOptions options);

    void alert(std::string_view text, AlertContext context = {}) const;
    [[nodiscard]] std::int64_t unix_ms() const noexcept;
    /// `t BTC-USD`, for messages.
    [[nodiscard]] std::string name_of(ChannelId channel) const;
    /// The URL of the leg at this place.
    [[nodiscard]] const Url& url(std::size_t place) const noexcept { return urls[place % urls.size()]; }
    /// The group of rate windows that the URL's host belongs to.
    [[nodiscard]] const std::string& group(detail::LimitScope scope, const Url& url) const noexcept;
    [[nodiscard]] SharedLimits& limits() const noexcept { return dialer.limits(); }

    Reactor& reactor;
    const VenueProfile profile;
    const detail::ProfileData& data;
    const FeedOptions options;
    const std::vector<std::string> url_texts;
    const std::vector<Url> urls;
    const std::unique_ptr<Network> network;  // null if the options have a dialer
    Dialer& dialer;
    ChannelTable channels;
    FeedStats stats;
    LegTap* tap = nullptr;
    int depth = 0;         // of handlers
    bool is_over = false;  // no handler is called any more

    /// While it lives, a handler may run.
    struct Depth {
        explicit Depth(FeedShared& shared) noexcept : shared_(shared) { ++shared_.depth; }
        ~Depth() { --shared_.depth; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

      private:
        FeedShared& shared_;
    };
};

}  // namespace pinwheel
