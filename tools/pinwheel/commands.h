#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client.h"

namespace pinwheel::tool {

// Each command returns the exit status: 0 done, 1 the run failed. Wrong usage is thrown as UsageError.

struct TailOptions {
    ClientOptions client{};
    std::vector<std::string> subscribe{};
    std::uint64_t count = 0;  // 0: no end
    double seconds = 0;       // 0: no end
    bool json_stats = false;
    std::uint32_t retries = 10;  // after a loss
};
[[nodiscard]] int tail(const TailOptions& options);

[[nodiscard]] int echo(const ClientOptions& options);

struct RttOptions {
    ClientOptions client{};
    std::size_t size = 128;
    std::uint64_t count = 10'000;
    bool json = false;
};
[[nodiscard]] int rtt(const RttOptions& options);

struct FeedCommandOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string certificate{};
    std::string key{};
    bool tls = false;      // with a certificate made on the spot
    std::string ca_out{};  // where to write that certificate's authority
    double rate = 10'000;
    std::uint64_t seed = 1;
    std::string capture{};
    std::string speed = "1";  // a factor, or "max"
};
[[nodiscard]] int feed(const FeedCommandOptions& options);

struct DemoOptions {
    double seconds = 10;
    double rate = 10'000;
    bool plain = false;
    bool json = false;
};
[[nodiscard]] int demo(const DemoOptions& options);

}  // namespace pinwheel::tool
