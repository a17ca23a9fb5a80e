#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/duration_text.h"
#include "session.h"
#include "websocket_error.h"

namespace pinwheel::detail {

inline void require_not_negative(std::string_view name, Duration delay) {
    if (delay < Duration::zero())
        throw WebSocketError(
            Error{Errc::invalid_argument, std::string(name) + " is " + text_of(delay) + "; give 0 or more"});
}

/// Turns the reactor of a session until a condition holds or the time is over. It keeps the session alive if
/// the manager is destroyed meanwhile.
class Wait {
  public:
    Wait(std::shared_ptr<Session> session, std::string_view operation, std::optional<Duration> timeout)
        : session_(std::move(session)), operation_(operation), timeout_(timeout) {
        if (!session_->reactor().is_own_process())
            throw WebSocketError(
                Error{Errc::invalid_state, std::string(operation) +
                                               " was called in a forked process; the session belongs to its "
                                               "parent; make another one there"});
        if (session_->in_handler())
            throw WebSocketError(
                Error{Errc::invalid_state,
                      std::string(operation) + " waits, and so cannot be called from a handler"});
        if (timeout_) {
            require_not_negative("the timeout of " + std::string(operation), *timeout_);
            deadline_ = time_after(session_->reactor().now(), *timeout_);
        }
    }

    /// False: the time is over.
    template <class Condition>
    bool until(const Condition& condition, TimePoint not_after = TimePoint::max()) const {
        return session_->reactor().run_until(condition, std::min(deadline_, not_after));
    }

    [[noreturn]] void time_out() const {
        throw WebSocketTimeoutError(operation_, timeout_.value_or(Duration{}), session_->last_error());
    }

  private:
    const std::shared_ptr<Session> session_;
    const std::string_view operation_;
    const std::optional<Duration> timeout_;
    TimePoint deadline_ = TimePoint::max();
};

}  // namespace pinwheel::detail
