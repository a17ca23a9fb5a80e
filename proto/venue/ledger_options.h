#pragma once

#include <chrono>

#include "../../core/clock.h"

namespace pinwheel {

/// Timeouts and retries of acknowledgements.
struct LedgerOptions {
    Duration ack_timeout = std::chrono::seconds{10};  ///< of one request
    unsigned ack_retries = 2;                         ///< after which a silent venue refuses
    Duration retry_delay = std::chrono::seconds{1};   ///< after an error that is retryable
};

}  // namespace pinwheel
