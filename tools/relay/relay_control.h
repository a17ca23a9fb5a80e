#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/record.h"
#include "relay_channels.h"
#include "relay_window.h"

namespace pinwheel {

/// The messages on the control subject, one JSON object each:
///
///     {"event":"connected","relay":R,"leg":0,"generation":1}
///     {"event":"disconnected","relay":R,"leg":0,"generation":1,"code":1006,"reason":"NETWORK_ERROR"}
///     {"event":"channel","relay":R,"leg":0,"channel":C,"symbol":S,"state":"live"}     or "refused", "why":W
///     {"event":"gap","relay":R,"leg":0,"channel":C,"symbol":S,"from":1,"to":2,"doubtful":false}
///     {"event":"dropped","relay":R,"from":5,"to":7,"count":3}     numbers of the feed, as in Pw-Seq
///     {"event":"not_relayed","relay":R,"channel":C,"symbol":S,"from":1,"to":2,"from_ns":T,"to_ns":U,
///      "count":2,"doubtful":false}     the relay gave them up; doubtful: the server may have some of them
///
/// Empty for records without a control message: messages, intermediate steps.
[[nodiscard]] std::string control_text(const RecordHeader& record, RelayChannels& channels,
                                       std::string_view relay);

/// Messages that were given up and not reported yet.
class RelayLosses {
  public:
    void add(const RelayEntry& entry);
    [[nodiscard]] bool empty() const noexcept { return losses_.empty(); }
    /// Messages since the losses were made.
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    /// One text a channel.
    [[nodiscard]] std::vector<std::string> take(RelayChannels& channels, std::string_view relay);

  private:
    struct Loss {
        ChannelId channel = kNoChannel;
        bool is_numbered = false;
        bool is_doubtful = false;
        std::int64_t from = 0, to = 0;
        std::int64_t from_ns = 0, to_ns = 0;
        std::uint64_t count = 0;
    };
    std::vector<Loss> losses_;
    std::uint64_t total_ = 0;
};

}  // namespace pinwheel
