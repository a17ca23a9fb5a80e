#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/error.h"

namespace pinwheel {

/// What construction, configuration and waiting calls throw. what() is one line that says what was wrong,
/// with what, and what to do; it holds no header value, query string or payload.
class WebSocketError : public std::runtime_error {
  public:
    /// what() is the error's message().
    explicit WebSocketError(const Error& error) : std::runtime_error(error.message()), code_(error.code) {}

    /// Which error it is.
    [[nodiscard]] Errc code() const noexcept { return code_; }

  private:
    Errc code_;
};

/// A connect() failed: its budget is spent, or its error is permanent. If time ran out, WebSocketTimeoutError
/// (operation "connect") says so instead.
class WebSocketConnectionError : public WebSocketError {
  public:
    /// The query and fragment of `url` are cut off: they may hold a key. code() is the last error's.
    WebSocketConnectionError(std::string_view url, std::uint32_t attempts, Error last_error);

    /// Without query and fragment.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// Tries made.
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
    /// Of the last try.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }

  private:
    std::string url_;
    std::uint32_t attempts_;
    Error last_error_;
};

/// There is no connection, and none is coming. code() is not_connected.
class WebSocketClosedError : public WebSocketError {
  public:
    /// Close code and reason of RFC 6455 section 7.1.5 and 7.1.6; 1006 if there was no close frame.
    explicit WebSocketClosedError(std::uint16_t close_code, std::string reason = {});
    /// No connection was up; `what` says why. The close code is 1006.
    explicit WebSocketClosedError(const Error& what) : WebSocketError(what), close_code_(1006) {}

    /// 1006 if there was no close frame.
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    /// As the peer wrote it; what() shows it on one line.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  private:
    std::uint16_t close_code_;
    std::string reason_;
};

/// A waiting call's time ran out. code() is timeout.
class WebSocketTimeoutError : public WebSocketError {
  public:
    /// `operation` is the call that waited; `last_error` is what went wrong meanwhile, ok for nothing.
    WebSocketTimeoutError(std::string_view operation, Duration timeout, Error last_error = {});

    /// The call that waited.
    [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
    /// How long it waited.
    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    /// What went wrong meanwhile; ok for nothing.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }

  private:
    std::string operation_;
    Duration timeout_;
    Error last_error_;
};

/// The budget of tries is spent. code() is retries_exhausted.
class WebSocketReconnectError : public WebSocketError {
  public:
    /// `attempts` since the budget was last whole; `last_error` ended the last of them, or the connection.
    WebSocketReconnectError(std::uint32_t attempts, Error last_error);

    /// Since the budget was last whole.
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
    /// Of the last try, or of the connection.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }

  private:
    std::uint32_t attempts_;
    Error last_error_;
};

/// The peer broke RFC 6455. code() says how.
class WebSocketProtocolError : public WebSocketError {
  public:
    /// The error tells the rule that was broken.
    explicit WebSocketProtocolError(const Error& protocol_error) : WebSocketError(protocol_error) {}

    /// The rule that was broken; as what().
    [[nodiscard]] std::string protocol_error() const { return what(); }
};

/// A message did not fit the queue. code() is queue_full.
class WebSocketQueueFullError : public WebSocketError {
  public:
    /// `queue_size` is the limit in messages.
    WebSocketQueueFullError(std::size_t queue_size, std::uint64_t dropped_count);

    /// The limit, in messages.
    [[nodiscard]] std::size_t queue_size() const noexcept { return queue_size_; }
    /// Messages dropped since it was last told.
    [[nodiscard]] std::uint64_t dropped_count() const noexcept { return dropped_count_; }

  private:
    std::size_t queue_size_;
    std::uint64_t dropped_count_;
};

}  // namespace pinwheel
