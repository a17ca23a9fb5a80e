#pragma once

#include <memory>

#include "../../net/network.h"
#include "../websocket/url.h"

namespace pinwheel::detail {

/// A network that can reach `url`. Throws WebSocketError that names the fault of the options or of the
/// machine.
[[nodiscard]] std::unique_ptr<Network> make_network(Reactor& reactor, const Url& url,
                                                    const NetworkOptions& options);

}  // namespace pinwheel::detail
