#pragma once

// What the system's networking calls say, and what to do about it. Not installed.

#include <string>
#include <string_view>

#include "../core/error.h"

namespace pinwheel::detail {

/// The code for an errno of a socket on its way to a peer: of connect(2), of a read, of a write. Routes,
/// firewalls and sandboxes refuse with EACCES, EPERM or EINVAL; unlike the same errno of a caller's
/// mistake, that is the network's word and may pass.
[[nodiscard, gnu::visibility("hidden")]] Errc errc_from_network(int error) noexcept;

/// The same with the system's text.
[[nodiscard, gnu::visibility("hidden")]] Error network_error(int error);

/// True if this machine has run out of what any further try needs, whatever the peer.
[[nodiscard, gnu::visibility("hidden")]] bool is_exhausted(Errc code) noexcept;

/// What to do about a connection that failed with `code`.
[[nodiscard, gnu::visibility("hidden")]] std::string_view connection_advice(Errc code) noexcept;

}  // namespace pinwheel::detail
