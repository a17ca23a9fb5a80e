#pragma once

#include <nats/nats.h>

#include <memory>
#include <string>

#include "relay_options.h"

namespace pinwheel {

/// libnats' objects, with their destructors.
struct NatsDeleter {
    void operator()(natsOptions* options) const noexcept { natsOptions_Destroy(options); }
    void operator()(natsConnection* connection) const noexcept { natsConnection_Destroy(connection); }
    void operator()(natsSubscription* subscription) const noexcept { natsSubscription_Destroy(subscription); }
    void operator()(natsMsg* message) const noexcept { natsMsg_Destroy(message); }
    void operator()(jsCtx* context) const noexcept { jsCtx_Destroy(context); }
};
template <class T>
using NatsPtr = std::unique_ptr<T, NatsDeleter>;

/// Server, authorities, credentials, time limits; no reconnecting. Throws std::invalid_argument that names
/// the invalid option.
[[nodiscard]] NatsPtr<natsOptions> make_nats_options(const RelayOptions& options);

/// `URL: reason`, without the URL's credentials. On the thread of the failed call.
[[nodiscard]] std::string nats_error(const RelayOptions& options, natsStatus status);
/// The URL without user and password.
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace pinwheel
