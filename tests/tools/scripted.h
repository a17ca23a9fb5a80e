#pragma once

#include <simdjson.h>

#include <string>

#include "../../proto/websocket/accept_key.h"
#include "../support/raw_server.h"

namespace pinwheel::test {

/// The whole number at a JSON pointer. Throws if the text is not JSON or the number is missing.
inline std::uint64_t number_at(const std::string& text, const std::string& pointer) {
    simdjson::dom::parser parser;
    return parser.parse(text).at_pointer(pointer).get_uint64();
}

/// Accepts the upgrade, sends these frames, and then behaves as scripted.
inline RawServer::Answer upgraded_and(const std::string& frames) {
    return [frames](const std::string& request) {
        const std::string name = "Sec-WebSocket-Key: ";
        const auto at = request.find(name) + name.size();
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: " +
               accept_for_key(request.substr(at, request.find('\r', at) - at)) + "\r\n\r\n" + frames;
    };
}

}  // namespace pinwheel::test
