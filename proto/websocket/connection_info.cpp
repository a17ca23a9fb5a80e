#include "connection_info.h"

#include "connection.h"

namespace pinwheel {

ConnectionInfo Connection::info() const {
    return {.socket = stream_ ? read_socket_info(stream_->fd()) : SocketInfo{},
            .tls = tls_info(),
            .subprotocol = subprotocol_,
            .is_compressed = is_compressed_,
            .headers = headers_};
}

}  // namespace pinwheel
