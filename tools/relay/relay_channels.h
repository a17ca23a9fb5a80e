#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "../../core/clock.h"
#include "nats_names.h"

namespace pinwheel {

/// A channel of the feed, from the relay's point of view.
struct RelayChannel {
    ChannelName name{};
    std::string live{};  // subjects
    std::string late{};
    std::string id_prefix{};

    std::optional<std::int64_t> last{};  // the venue's newest number
    TimePoint reset_until{};             // its numbers restarted: no comparison until then
    bool is_told = false;                // its lack of numbers was reported

    /// The newest number in the stream. Requested for both subjects.
    struct Mark {
        std::optional<std::int64_t> number{};
        std::optional<TimePoint> at{};         // the time of the request
        int missing = 0;                       // outstanding answers
        std::optional<std::int64_t> newest{};  // of the answers so far
        TimePoint asked_at{};
    };
    Mark mark{};
};

/// The channels by their ids. Threading: one thread.
class RelayChannels {
  public:
    /// The name of a channel; called once a channel.
    using Lookup = std::function<ChannelName(ChannelId)>;

    RelayChannels(NatsNames names, Lookup lookup) : names_(std::move(names)), lookup_(std::move(lookup)) {}

    [[nodiscard]] bool knows(ChannelId id) const noexcept {
        return id < channels_.size() && !channels_[id].live.empty();
    }
    /// `id` must not be kNoChannel.
    [[nodiscard]] RelayChannel& operator[](ChannelId id) {
        if (id >= channels_.size()) channels_.resize(std::size_t{id} + 1);
        RelayChannel& channel = channels_[id];
        if (!channel.live.empty()) return channel;
        channel.name = lookup_(id);
        channel.live = names_.live(channel.name);
        channel.late = names_.late(channel.name);
        channel.id_prefix = names_.id_prefix(channel.name);
        return channel;
    }
    [[nodiscard]] const NatsNames& names() const noexcept { return names_; }
    /// Marks requested on an earlier connection are not waited for.
    void forget_asked() noexcept {
        for (auto& channel : channels_) channel.mark.missing = 0;
    }

  private:
    const NatsNames names_;
    const Lookup lookup_;
    std::deque<RelayChannel> channels_;
};

}  // namespace pinwheel
