#include "make_network.h"

#include <system_error>

#include "websocket_error.h"

namespace pinwheel::detail {

std::unique_ptr<Network> make_network(Reactor& reactor, bool with_tls, const NetworkOptions& options) {
    try {
        return std::make_unique<Network>(reactor, options, with_tls);
    } catch (const std::system_error& error) {
        const bool ours = error.code().category() == pinwheel_category();
        throw WebSocketError(
            Error{ours ? static_cast<Errc>(error.code().value()) : errc_from_errno(error.code().value()),
                  error.what()});
    }
}

}  // namespace pinwheel::detail
