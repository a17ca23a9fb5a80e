#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/contender.h"
#include "../support/fast_server.h"

namespace pinwheel::bench {

enum class CaseKind : std::uint8_t {
    stream,      ///< bursts as fast as both sides go: wall time a message
    drain,       ///< a burst that the kernel holds whole before the client looks: wall time a message
    round_trip,  ///< one message at a time, sent and answered: latency
    paced,       ///< one way, at a set rate: latency from the time when the message was to leave
};

struct Case {
    std::string name;
    CaseKind kind = CaseKind::stream;
    bool tls = false;
    std::string path;
    std::size_t payload_size = 0;
    std::uint64_t messages_per_request = 1;
    std::uint64_t requests = 1;
    /// Rounds of this case for one of the others: where they are short, so that a stall is in few of them.
    int rounds_for_one = 1;

    [[nodiscard]] bool is_latency() const noexcept {
        return kind == CaseKind::round_trip || kind == CaseKind::paced;
    }
};

/// All cases over ws and wss; `smoke`: as small as can be.
[[nodiscard]] std::vector<Case> all_cases(bool smoke);

/// What one contender did in one round of one case.
struct Measured {
    double ns_per_message = 0;
    std::vector<std::int64_t> latencies;  // sorted; of latency cases only
};

/// Connects, runs, and proves the messages; throws if one is missing, wrong or late without end.
[[nodiscard]] Measured run_case(const Case& which, const ContenderKind& contender, const FastServer& server);

}  // namespace pinwheel::bench
