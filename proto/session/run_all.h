#pragma once

#include <exception>

namespace pinwheel::detail {

/// Runs all functions. The first exception passes through after the last one.
template <class... Steps>
void run_all(const Steps&... steps) {
    std::exception_ptr thrown;
    const auto run = [&thrown](const auto& step) {
        try {
            step();
        } catch (...) {
            if (!thrown) thrown = std::current_exception();
        }
    };
    (run(steps), ...);
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace pinwheel::detail
