#pragma once

#include <cstdint>
#include <string_view>

namespace pinwheel {

/// True for the HTTP statuses by which a server answers a client that is too fast: 429 (RFC 6585 section 4)
/// and 418.
[[nodiscard]] bool is_rate_status(int http_status) noexcept;
/// The same for a close (RFC 6455 section 7.4.1): code 1008 with a reason about a rate. Any other 1008 is
/// about policy.
[[nodiscard]] bool is_rate_close(std::uint16_t close_code, std::string_view reason) noexcept;

}  // namespace pinwheel
