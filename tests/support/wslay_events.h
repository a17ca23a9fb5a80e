#pragma once

#include <wslay/wslay.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../proto/websocket/opcode.h"

namespace pinwheel::test {

/// The events of wslay's event layer for a stream, in MessageLog's form, up to the first error.
inline std::string wslay_events(std::string_view stream, Role role = Role::client,
                                std::uint64_t max_message = std::uint64_t{1} << 20) {
    struct State {
        std::string_view input;
        std::string log;
    } state{stream, {}};
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* out, std::size_t size, int,
                                 void* user) -> ssize_t {
        auto& input = static_cast<State*>(user)->input;
        const std::size_t count = std::min(size, input.size());
        if (count == 0) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        std::copy_n(input.begin(), count, out);
        input.remove_prefix(count);
        return static_cast<ssize_t>(count);
    };
    callbacks.on_msg_recv_callback = [](wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                                        void* user) {
        auto& log = static_cast<State*>(user)->log;
        const std::string payload(reinterpret_cast<const char*>(message->msg), message->msg_length);
        if (message->opcode == WSLAY_TEXT_FRAME) log += "T:" + payload + " ";
        if (message->opcode == WSLAY_BINARY_FRAME) log += "B:" + std::to_string(payload.size()) + " ";
        if (message->opcode == WSLAY_PING) log += "ping:" + payload + " ";
        if (message->opcode == WSLAY_PONG) log += "pong:" + payload + " ";
        if (message->opcode == WSLAY_CONNECTION_CLOSE)
            log += payload.size() < 2
                       ? "close:1005: "
                       : "close:" + std::to_string(message->status_code) + ":" + payload.substr(2) + " ";
    };
    wslay_event_context_ptr context = nullptr;
    const auto init =
        role == Role::client ? &wslay_event_context_client_init : &wslay_event_context_server_init;
    if (init(&context, &callbacks, &state) != 0) return "no memory";
    wslay_event_config_set_max_recv_msg_length(context, max_message);
    wslay_event_recv(context);
    wslay_event_context_free(context);
    return state.log;
}

}  // namespace pinwheel::test
