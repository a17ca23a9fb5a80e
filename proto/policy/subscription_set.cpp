#include "subscription_set.h"

#include "../text/json_writer.h"

namespace pinwheel {
namespace {

std::vector<std::string> texts(std::string_view type, std::span<const std::string> channels) {
    std::vector<std::string> out;
    out.reserve(channels.size());
    for (const auto& channel : channels) {
        auto& text = out.emplace_back(R"({"type":")");
        text += type;
        text += R"(","channel":)";
        append_json_string(text, channel);
        text += '}';
    }
    return out;
}

}  // namespace

std::vector<std::string> JsonSubscriptionCodec::subscribe(std::span<const std::string> channels) const {
    return texts("subscribe", channels);
}

std::vector<std::string> JsonSubscriptionCodec::unsubscribe(std::span<const std::string> channels) const {
    return texts("unsubscribe", channels);
}

std::vector<std::string> SubscriptionSet::add(std::span<const std::string_view> channels) {
    std::vector<std::string> added;
    for (const auto channel : channels) {
        if (contains(channel)) continue;
        added.emplace_back(channel);
        const auto place = order_.emplace(order_.end(), channel);
        places_.emplace(*place, place);
    }
    return added;
}

std::vector<std::string> SubscriptionSet::remove(std::span<const std::string_view> channels) {
    std::vector<std::string> removed;
    for (const auto channel : channels) {
        const auto found = places_.find(channel);
        if (found == places_.end()) continue;
        const auto place = found->second;
        places_.erase(found);
        removed.push_back(std::move(*place));
        order_.erase(place);
    }
    return removed;
}

}  // namespace pinwheel
