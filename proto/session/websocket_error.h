#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/error.h"

namespace pinwheel {

/// The exception of construction, configuration and waiting calls. what() is one line: the failure, its
/// subject, and the remedy. It holds no header value, query string or payload.
class WebSocketError : public std::runtime_error {
  public:
    /// what() is the error's message().
    explicit WebSocketError(const Error& error) : std::runtime_error(error.message()), code_(error.code) {}

    /// The error's code.
    [[nodiscard]] Errc code() const noexcept { return code_; }

  private:
    Errc code_;
};

/// A connect() failed: its budget is spent, or its error is permanent. After a timeout the exception is
/// WebSocketTimeoutError (operation "connect") instead.
class WebSocketConnectionError : public WebSocketError {
  public:
    /// The query and fragment of `url` are cut off: they may hold a key. code() is that of the last error.
    WebSocketConnectionError(std::string_view url, std::uint32_t attempts, Error last_error);

    /// Without query and fragment.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// The number of tries.
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
    /// The error of the last try.
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
    /// No connection was up; `what` has the reason. The close code is 1006.
    explicit WebSocketClosedError(const Error& what) : WebSocketError(what), close_code_(1006) {}

    /// 1006 if there was no close frame.
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
    /// As the peer wrote it; what() shows it on one line.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  private:
    std::uint16_t close_code_;
    std::string reason_;
};

/// The time of a waiting call is over. code() is timeout.
class WebSocketTimeoutError : public WebSocketError {
  public:
    /// `operation` is the call that waited. `last_error` is the last error meanwhile; ok if there was none.
    WebSocketTimeoutError(std::string_view operation, Duration timeout, Error last_error = {});

    /// The call that waited.
    [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
    /// The duration of the wait.
    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    /// The last error meanwhile; ok if there was none.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }

  private:
    std::string operation_;
    Duration timeout_;
    Error last_error_;
};

/// The retry budget is spent. code() is retries_exhausted.
class WebSocketReconnectError : public WebSocketError {
  public:
    /// `attempts` since the last reset of the budget. `last_error` ended the last attempt, or the connection.
    WebSocketReconnectError(std::uint32_t attempts, Error last_error);

    /// Since the last reset of the budget.
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
    /// The error of the last try, or of the connection.
    [[nodiscard]] const Error& last_error() const noexcept { return last_error_; }

  private:
    std::uint32_t attempts_;
    Error last_error_;
};

/// The peer broke RFC 6455. code() has the rule.
class WebSocketProtocolError : public WebSocketError {
  public:
    /// The error names the broken rule.
    explicit WebSocketProtocolError(const Error& protocol_error) : WebSocketError(protocol_error) {}

    /// The broken rule; equal to what().
    [[nodiscard]] std::string protocol_error() const { return what(); }
};

/// A message did not fit the queue. code() is queue_full.
class WebSocketQueueFullError : public WebSocketError {
  public:
    /// `queue_size` is the limit in messages.
    WebSocketQueueFullError(std::size_t queue_size, std::uint64_t dropped_count);

    /// The limit, in messages.
    [[nodiscard]] std::size_t queue_size() const noexcept { return queue_size_; }
    /// Messages dropped since the last report.
    [[nodiscard]] std::uint64_t dropped_count() const noexcept { return dropped_count_; }

  private:
    std::size_t queue_size_;
    std::uint64_t dropped_count_;
};

}  // namespace pinwheel
