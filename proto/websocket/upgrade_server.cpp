#include "upgrade_server.h"

#include "accept_key.h"

namespace pinwheel::server {

UpgradeClient::Outcome UpgradeServer::feed(std::span<const std::byte> bytes) {
    UpgradeClient::Outcome outcome;
    switch (head_.feed(bytes, outcome.consumed)) {
        case HttpHead::Status::need_more:
            break;
        case HttpHead::Status::done:
            outcome.status = answer();
            break;
        case HttpHead::Status::malformed:
            outcome.status = refuse("400 Bad Request");
            break;
        case HttpHead::Status::too_large:
            outcome.status = refuse("431 Request Header Fields Too Large");
            break;
    }
    return outcome;
}

UpgradeStatus UpgradeServer::answer() {
    const std::string& line = head_.start_line();
    const auto target_end = line.rfind(" HTTP/1.1");
    if (!line.starts_with("GET /") || target_end == std::string::npos || target_end + 9 != line.size())
        return refuse("400 Bad Request");
    target_ = line.substr(4, target_end - 4);
    const auto key = head_.single("Sec-WebSocket-Key");
    if (!has_token(head_.joined("Upgrade"), "websocket") ||
        !has_token(head_.joined("Connection"), "upgrade") || !key || key->size() != 24 ||
        !head_.single("Host"))
        return refuse("400 Bad Request");
    if (head_.single("Sec-WebSocket-Version") != "13")
        return refuse("426 Upgrade Required\r\nSec-WebSocket-Version: 13");
    response_ =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\nSec-WebSocket-Accept: " +
        accept_for_key(*key) + "\r\n";
    const std::string offered = head_.joined("Sec-WebSocket-Protocol");
    for (const auto& subprotocol : subprotocols_) {
        if (!has_token(offered, subprotocol)) continue;
        response_ += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
        break;
    }
    response_ += "\r\n";
    return UpgradeStatus::done;
}

UpgradeStatus UpgradeServer::refuse(const char* status_line) {
    response_ = "HTTP/1.1 " + std::string(status_line) + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    return UpgradeStatus::failed;
}

}  // namespace pinwheel::server
