#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "../../core/random.h"

namespace pinwheel::bench {

/// Messages of 200 bytes as a venue sends them: names repeat, numbers differ.
class Trades {
  public:
    static constexpr std::size_t kSize = 200;

    std::string_view next() {
        price_ += static_cast<std::int64_t>(random_.below(21)) - 10;
        const int length = std::snprintf(
            text_.data(), text_.size(),
            R"({"stream":"btcusdt@trade","data":{"e":"trade","E":%llu,"s":"BTCUSDT","t":%llu,"p":"%lld.%02u","q":"0.%06u","b":%llu,"a":%llu,"T":%llu,"m":%s,"M":true}})",
            1'700'000'000'000ULL + number_, 3'000'000'000ULL + number_, static_cast<long long>(price_),
            static_cast<unsigned>(random_.below(100)), static_cast<unsigned>(random_.below(1'000'000)),
            20'000'000'000ULL + random_.below(1'000'000), 20'000'000'000ULL + random_.below(1'000'000),
            1'700'000'000'000ULL + number_, random_.below(2) == 0 ? "true" : "false");
        ++number_;
        text_.resize(std::max(text_.size(), kSize));
        if (static_cast<std::size_t>(length) < kSize)  // JSON may end in spaces
            std::memset(text_.data() + length, ' ', kSize - static_cast<std::size_t>(length));
        return std::string_view(text_).substr(0, kSize);
    }

  private:
    SeededRandom random_{1};
    std::int64_t price_ = 64'000;
    std::uint64_t number_ = 0;
    std::string text_ = std::string(512, ' ');
};

}  // namespace pinwheel::bench
