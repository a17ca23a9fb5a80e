#pragma once

#include <string>

namespace pinwheel::bench {

/// A server on the last core sends 200,000 messages/s of 200 bytes over loopback. On the core before it a
/// session fills its ring, first for a bare consumer, then for a recorder on the same core. Prints the
/// written messages and the time of a reactor's turn. False: a message was dropped, or the rate was missed.
/// Must run before the process has threads.
[[nodiscard]] bool record_through_socket(const std::string& folder, double seconds);

}  // namespace pinwheel::bench
