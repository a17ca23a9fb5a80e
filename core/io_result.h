#pragma once

#include <cstddef>
#include <cstdint>

#include "error.h"

namespace pinwheel {

enum class IoStatus : std::uint8_t { ok, would_block, eof, error };

/// The outcome of one read or write. `bytes` is above 0 exactly when `status` is ok.
struct IoResult {
    std::size_t bytes = 0;
    IoStatus status = IoStatus::ok;
    Errc error = Errc::ok;

    [[nodiscard]] static constexpr IoResult done(std::size_t n) noexcept {
        return {n, IoStatus::ok, Errc::ok};
    }
    [[nodiscard]] static constexpr IoResult again() noexcept { return {0, IoStatus::would_block, Errc::ok}; }
    [[nodiscard]] static constexpr IoResult end() noexcept { return {0, IoStatus::eof, Errc::end_of_stream}; }
    [[nodiscard]] static constexpr IoResult failed(Errc code) noexcept { return {0, IoStatus::error, code}; }
};

}  // namespace pinwheel
