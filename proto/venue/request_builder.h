#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "channel_table.h"

namespace pinwheel {

/// Fills one message with as many subscriptions as the venue allows. Threading: one thread. Allocates: its
/// texts, which it reuses.
class RequestBuilder {
  public:
    enum class Fit : std::uint8_t {
        taken,
        full,       ///< does not fit this message, but an empty one
        too_large,  ///< does not fit any message
    };

    RequestBuilder(const VenueProfile& profile, const ChannelTable& channels)
        : profile_(profile), channels_(channels) {}

    /// Starts an empty message.
    void begin(bool unsubscribe, std::uint64_t id, std::int64_t unix_ms);
    /// `number`: the number that the acknowledgement of its subscription assigned, if any.
    [[nodiscard]] Fit add(ChannelId channel, std::int64_t number = 0);
    /// True if a message needs the number that the acknowledgement assigned to the channel.
    [[nodiscard]] bool needs_number() const noexcept {
        return format().message.contains(MessageTemplate::Field::number) ||
               format().arg.contains(MessageTemplate::Field::number);
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// The message with the channels taken so far.
    [[nodiscard]] std::string finish() const;
    /// The size of a channel's argument; for limits on a connection's arguments.
    [[nodiscard]] std::size_t arg_size(ChannelId channel) const;
    /// The size of a message with this channel alone.
    [[nodiscard]] std::size_t size_alone(ChannelId channel) const;

  private:
    [[nodiscard]] const detail::RequestFormat& format() const noexcept;
    [[nodiscard]] bool stands_alone(ChannelId channel) const noexcept;
    [[nodiscard]] std::string render(ChannelId channel, std::int64_t number, std::string_view args) const;
    void append_arg(ChannelId channel, std::int64_t number, std::string& out) const;

    VenueProfile profile_;
    const ChannelTable& channels_;
    bool unsubscribe_ = false;
    std::uint64_t id_ = 0;
    std::int64_t unix_ms_ = 0;
    std::size_t count_ = 0;
    std::size_t size_ = 0;
    ChannelId first_ = kNoChannel;
    std::int64_t first_number_ = 0;
    std::string args_;
};

}  // namespace pinwheel
