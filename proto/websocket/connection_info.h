#pragma once

#include <string>
#include <vector>

#include "../../net/byte_stream.h"
#include "../../net/http_head.h"
#include "../../net/socket_info.h"

namespace pinwheel {

/// A connection that is up: its socket, TLS and upgrade.
struct ConnectionInfo {
    SocketInfo socket{};                ///< as the kernel sees it now
    TlsInfo tls{};                      ///< version and cipher; empty without TLS
    std::string subprotocol{};          ///< that the server selected; empty for none
    bool is_compressed = false;         ///< permessage-deflate was agreed on
    std::vector<HttpHeader> headers{};  ///< of the server's answer. Cookies are secrets.
};

}  // namespace pinwheel
