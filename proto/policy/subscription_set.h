#pragma once

#include <cstddef>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pinwheel {

/// Writes subscriptions as messages to the peer. One message may cover many channels. Cold path, may
/// allocate.
class SubscriptionCodec {
  public:
    virtual ~SubscriptionCodec() = default;
    /// The messages that subscribe to `channels`, in order. Never called without a channel.
    [[nodiscard]] virtual std::vector<std::string> subscribe(std::span<const std::string> channels) const = 0;
    /// The messages that unsubscribe from `channels`.
    [[nodiscard]] virtual std::vector<std::string> unsubscribe(
        std::span<const std::string> channels) const = 0;
};

/// `{"type":"subscribe","channel":C}` and `{"type":"unsubscribe","channel":C}`, one message for each channel.
class JsonSubscriptionCodec final : public SubscriptionCodec {
  public:
    [[nodiscard]] std::vector<std::string> subscribe(std::span<const std::string> channels) const override;
    [[nodiscard]] std::vector<std::string> unsubscribe(std::span<const std::string> channels) const override;
};

/// The wanted channels, in the order of the requests. Threading: one thread. Invariant: no channel appears
/// twice.
class SubscriptionSet {
  public:
    SubscriptionSet() = default;
    SubscriptionSet(const SubscriptionSet&) = delete;
    SubscriptionSet& operator=(const SubscriptionSet&) = delete;

    /// Appends the channels that are new. Returns those.
    std::vector<std::string> add(std::span<const std::string_view> channels);
    /// Removes the channels that are present. Returns those.
    std::vector<std::string> remove(std::span<const std::string_view> channels);

    [[nodiscard]] bool contains(std::string_view channel) const { return places_.contains(channel); }
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    /// In order.
    [[nodiscard]] std::vector<std::string> channels() const { return {order_.begin(), order_.end()}; }

  private:
    std::list<std::string> order_;
    std::unordered_map<std::string_view, std::list<std::string>::iterator> places_;  // into order_
};

}  // namespace pinwheel
