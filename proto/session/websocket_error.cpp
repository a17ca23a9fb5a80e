#include "websocket_error.h"

#include <utility>

#include "../../core/duration_text.h"
#include "../websocket/close_code.h"
#include "../websocket/redactor.h"

namespace pinwheel {
namespace {

std::string attempts_text(std::uint32_t attempts) {
    return std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
}

Error connection_error(std::string_view url, std::uint32_t attempts, const Error& last) {
    return {last.code,
            "cannot connect to " + public_url(url) + " (" + attempts_text(attempts) + "): " + last.message()};
}

Error closed_error(std::uint16_t code, const std::string& reason) {
    std::string text = "the connection is closed: close code " + std::to_string(code) + " (" +
                       std::string(describe_close_code(code)) + ")";
    if (!reason.empty()) text += ": " + one_line(reason);
    return {Errc::not_connected, std::move(text)};
}

Error reconnect_error(std::uint32_t attempts, const Error& last) {
    return {Errc::retries_exhausted, "gave up connecting after " + attempts_text(attempts) + ": " +
                                         last.message() + "; call connect() to try again"};
}

Error timeout_error(std::string_view operation, Duration timeout, const Error& last) {
    std::string text =
        std::string(operation) + " took longer than its timeout of " + detail::text_of(timeout);
    if (last.failed()) text += "; the last error: " + last.message();
    return {Errc::timeout, std::move(text)};
}

Error queue_full_error(std::size_t queue_size, std::uint64_t dropped) {
    const std::string limit =
        queue_size != 0 ? " of " + std::to_string(queue_size) + " messages" : std::string();
    return {Errc::queue_full, "the message queue" + limit + " was full, " + std::to_string(dropped) +
                                  " dropped: take messages faster or raise queue_size or queue_bytes"};
}

}  // namespace

WebSocketConnectionError::WebSocketConnectionError(std::string_view url, std::uint32_t attempts,
                                                   Error last_error)
    : WebSocketError(connection_error(url, attempts, last_error)),
      url_(public_url(url)),
      attempts_(attempts),
      last_error_(std::move(last_error)) {}

WebSocketClosedError::WebSocketClosedError(std::uint16_t close_code, std::string reason)
    : WebSocketError(closed_error(close_code, reason)), close_code_(close_code), reason_(std::move(reason)) {}

WebSocketTimeoutError::WebSocketTimeoutError(std::string_view operation, Duration timeout, Error last_error)
    : WebSocketError(timeout_error(operation, timeout, last_error)),
      operation_(operation),
      timeout_(timeout),
      last_error_(std::move(last_error)) {}

WebSocketReconnectError::WebSocketReconnectError(std::uint32_t attempts, Error last_error)
    : WebSocketError(reconnect_error(attempts, last_error)),
      attempts_(attempts),
      last_error_(std::move(last_error)) {}

WebSocketQueueFullError::WebSocketQueueFullError(std::size_t queue_size, std::uint64_t dropped_count)
    : WebSocketError(queue_full_error(queue_size, dropped_count)),
      queue_size_(queue_size),
      dropped_count_(dropped_count) {}

}  // namespace pinwheel
