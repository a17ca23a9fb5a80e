#pragma once

#include <chrono>

#include "../../core/clock.h"

namespace pinwheel {

/// How long acknowledgements are waited for.
struct LedgerOptions {
    Duration ack_timeout = std::chrono::seconds{10};  ///< of one request
    unsigned ack_retries = 2;                         ///< further requests before a silent venue has refused
    Duration retry_delay = std::chrono::seconds{1};   ///< after an error that asks to come again
};

}  // namespace pinwheel
