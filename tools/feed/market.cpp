#include "market.h"

#include <array>
#include <cstdio>

namespace pinwheel {

Market::Market(std::uint64_t seed) : random_(seed) {
    const std::array<std::pair<const char*, double>, 4> instruments{
        {{"BTC-USD", 64'000.0}, {"ETH-USD", 3'100.0}, {"SOL-USD", 145.0}, {"ADA-USD", 0.45}}};
    for (const auto& [name, price] : instruments) {
        for (const bool trades : {true, false}) {
            names_.push_back(std::string(trades ? "trades." : "book.") + name);
            channels_.push_back({trades, price, 0});
        }
    }
}

Market::Event Market::next(SystemTime stamp) {
    const std::size_t index = random_.below(channels_.size());
    auto& channel = channels_[index];
    channel.price *= 1.0 + (random_.unit() - 0.5) * 1e-4;
    const double size = 0.001 + random_.unit() * 4;
    const auto time = static_cast<long long>(stamp.time_since_epoch().count());
    const auto sequence = static_cast<unsigned long long>(++channel.sequence);
    std::array<char, 320> text{};
    const int length =
        channel.trades
            ? std::snprintf(
                  text.data(), text.size(),
                  R"({"type":"trade","channel":"%s","seq":%llu,"ts":%lld,"price":"%.4f","size":"%.4f","side":"%s"})",
                  names_[index].c_str(), sequence, time, channel.price, size,
                  random_.below(2) == 0 ? "buy" : "sell")
            : std::snprintf(
                  text.data(), text.size(),
                  R"({"type":"book","channel":"%s","seq":%llu,"ts":%lld,"bids":[["%.4f","%.4f"]],"asks":[["%.4f","%.4f"]]})",
                  names_[index].c_str(), sequence, time, channel.price * 0.9999, size, channel.price * 1.0001,
                  size * random_.unit());
    text_.assign(text.data(), static_cast<std::size_t>(length));
    return {index, text_};
}

}  // namespace pinwheel
