#pragma once

#include <simdjson.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <stdexcept>
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

/// The answer of the server on this port. Throws if it is unreachable.
inline std::string answer_of(std::uint16_t port, const std::string& request) {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Endpoint there = *Endpoint::parse("127.0.0.1", port);
    if (::connect(fd.get(), there.data(), there.size()) != 0 ||
        ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        throw std::runtime_error("no server");
    std::string all;
    std::array<char, 4096> bytes{};
    for (auto got = ::recv(fd.get(), bytes.data(), bytes.size(), 0); got > 0;
         got = ::recv(fd.get(), bytes.data(), bytes.size(), 0))
        all.append(bytes.data(), static_cast<std::size_t>(got));
    return all;
}

}  // namespace pinwheel::test
