#pragma once

// Errors of the system's networking calls, and their remedies. Not installed.

#include <string>
#include <string_view>

#include "../core/error.h"

namespace pinwheel::detail {

/// The code for an errno of a socket that connects, reads or writes. Routes, firewalls and sandboxes refuse
/// with EACCES, EPERM or EINVAL. Unlike the same errno of a caller's mistake, these are retryable.
[[nodiscard, gnu::visibility("hidden")]] Errc errc_from_network(int error) noexcept;

/// The same, with the system's text.
[[nodiscard, gnu::visibility("hidden")]] Error network_error(int error);

/// True if this machine has run out of a resource that every further try needs.
[[nodiscard, gnu::visibility("hidden")]] bool is_exhausted(Errc code) noexcept;

/// The remedy for a connection that failed with `code`.
[[nodiscard, gnu::visibility("hidden")]] std::string_view connection_advice(Errc code) noexcept;

}  // namespace pinwheel::detail
