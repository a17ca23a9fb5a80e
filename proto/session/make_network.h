#pragma once

#include <memory>

#include "../../net/network.h"

namespace pinwheel::detail {

/// A network for ws URLs, and for wss `with_tls`. Throws WebSocketError that names the invalid option, or the
/// machine's fault.
[[nodiscard]] std::unique_ptr<Network> make_network(Reactor& reactor, bool with_tls,
                                                    const NetworkOptions& options);

}  // namespace pinwheel::detail
