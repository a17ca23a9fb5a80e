#pragma once

#include <memory>

#include "../../net/network.h"
#include "../websocket/url.h"

namespace pinwheel::detail {

/// A network to reach `url` by. Throws WebSocketError that names what is wrong with the options or with the
/// machine.
[[nodiscard]] std::unique_ptr<Network> make_network(Reactor& reactor, const Url& url,
                                                    const NetworkOptions& options);

}  // namespace pinwheel::detail
