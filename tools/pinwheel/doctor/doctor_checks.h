#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../../net/byte_stream.h"
#include "machine.h"

namespace pinwheel::tool {

enum class Verdict : std::uint8_t { ok, advice, unknown };

[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
    return verdict == Verdict::ok ? "ok" : verdict == Verdict::advice ? "advice" : "unknown";
}

/// One property of a machine that affects latency.
struct Finding {
    std::string check{};
    Verdict verdict = Verdict::unknown;
    std::string found{};
    std::string why{};
    std::string change{};  // for advice
};

/// All findings, in a fixed order. Unreadable values are unknown. `in_place`: the program's implementation of
/// TLS records, TlsContext::in_place_records().
[[nodiscard]] std::vector<Finding> examine(const Machine& machine, TlsRecordsBy in_place);

}  // namespace pinwheel::tool
