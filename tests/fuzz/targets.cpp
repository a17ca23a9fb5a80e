#include "targets.h"

#include <array>

namespace pinwheel::test {

std::span<const FuzzTarget> fuzz_targets() noexcept {
    static constexpr std::array kTargets{
        FuzzTarget{"frames", &fuzz_frames},
        FuzzTarget{"answer", &fuzz_answer},
        FuzzTarget{"request", &fuzz_request},
        FuzzTarget{"url", &fuzz_url},
        FuzzTarget{"config", &fuzz_config},
        FuzzTarget{"session", &fuzz_session},
        FuzzTarget{"tls", &fuzz_tls},
        FuzzTarget{"connection", &fuzz_connection},
        FuzzTarget{"manager", &fuzz_manager},
        FuzzTarget{"ring", &fuzz_ring},
        FuzzTarget{"recording", &fuzz_recording},
        FuzzTarget{"records", &fuzz_records},
        FuzzTarget{"arbiter", &fuzz_arbiter},
    };
    return kTargets;
}

}  // namespace pinwheel::test
