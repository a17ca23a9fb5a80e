#pragma once

#include <cstddef>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pinwheel {

/// How subscriptions are told to the peer. One text may stand for many channels. Cold path, may allocate.
class SubscriptionCodec {
  public:
    virtual ~SubscriptionCodec() = default;
    /// The texts that subscribe to `channels`, to be sent in order. Never called without a channel.
    [[nodiscard]] virtual std::vector<std::string> subscribe(std::span<const std::string> channels) const = 0;
    /// The same to unsubscribe.
    [[nodiscard]] virtual std::vector<std::string> unsubscribe(
        std::span<const std::string> channels) const = 0;
};

/// `{"type":"subscribe","channel":C}` and `{"type":"unsubscribe","channel":C}`, a text for each channel.
class JsonSubscriptionCodec final : public SubscriptionCodec {
  public:
    [[nodiscard]] std::vector<std::string> subscribe(std::span<const std::string> channels) const override;
    [[nodiscard]] std::vector<std::string> unsubscribe(std::span<const std::string> channels) const override;
};

/// The channels that are wanted, in the order in which they were asked for. Threading: one thread.
/// Invariant: no channel is in it twice.
class SubscriptionSet {
  public:
    SubscriptionSet() = default;
    SubscriptionSet(const SubscriptionSet&) = delete;
    SubscriptionSet& operator=(const SubscriptionSet&) = delete;

    /// Adds the channels that are not in it, at the end; returns them.
    std::vector<std::string> add(std::span<const std::string_view> channels);
    /// Takes out the channels that are in it; returns them.
    std::vector<std::string> remove(std::span<const std::string_view> channels);

    [[nodiscard]] bool contains(std::string_view channel) const { return places_.contains(channel); }
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    /// In order.
    [[nodiscard]] std::vector<std::string> channels() const { return {order_.begin(), order_.end()}; }

  private:
    std::list<std::string> order_;
    std::unordered_map<std::string_view, std::list<std::string>::iterator> places_;  // keys live in order_
};

}  // namespace pinwheel
