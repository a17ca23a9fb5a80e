#include "../support/session_walker.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {

void fuzz_session(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const auto duration = [&input](std::uint64_t seconds) {
        return Duration(static_cast<Duration::rep>(input.below(seconds * 1'000'000'000)));
    };
    SessionOptions options{
        .auto_reconnect = !input.flag(),
        .has_should_disconnect = input.flag(),
        .has_should_reconnect = input.flag(),
        .reconnect = {.strategy = static_cast<ReconnectStrategy>(1 + input.below(4)),
                      .max_attempts = static_cast<std::uint32_t>(input.below(5))},
        .keepalive = {.interval = duration(60), .timeout = duration(60)},
        .window = {.connection_lifetime =
                       input.flag() ? std::chrono::seconds{301} + duration(100'000) : Duration::zero()},
        .jitter_seed = input.below(65536)};
    if (validate(options).failed()) return;
    SessionWalker walker(options, input);
    for (int after = 0; after < 10; after += walker.closed() || input.empty() ? 1 : 0) walker.step();
}

}  // namespace pinwheel::test
