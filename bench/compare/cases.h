#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/contender.h"
#include "../support/fast_server.h"

namespace pinwheel::bench {

enum class CaseKind : std::uint8_t {
    stream,      ///< bursts at full speed: wall time a message
    drain,       ///< a burst that the kernel holds completely before the client reads: wall time a message
    round_trip,  ///< one message at a time, sent and answered: latency
    paced,       ///< one way, at a set rate: latency from the time when the message was due
};

struct Case {
    std::string name;
    CaseKind kind = CaseKind::stream;
    bool tls = false;
    std::string path;
    std::size_t payload_size = 0;
    std::uint64_t messages_per_request = 1;
    std::uint64_t requests = 1;
    /// Rounds of this case per round of other cases. Short rounds are more, so that few of them contain a
    /// stall.
    int rounds_for_one = 1;

    [[nodiscard]] bool is_latency() const noexcept {
        return kind == CaseKind::round_trip || kind == CaseKind::paced;
    }
};

/// All cases over ws and wss. `smoke`: the smallest sizes.
[[nodiscard]] std::vector<Case> all_cases(bool smoke);

/// The results of one contender in one round of one case.
struct Measured {
    double ns_per_message = 0;
    std::vector<std::int64_t> latencies;  // sorted; latency cases only
};

/// Connects, runs, and checks the messages. Throws if one is missing or wrong, or if they stop coming.
[[nodiscard]] Measured run_case(const Case& which, const ContenderKind& contender, const FastServer& server);

}  // namespace pinwheel::bench
