#pragma once

#include <optional>

#include "session.h"

namespace pinwheel::detail {

/// A connection is open or being made.
[[nodiscard]] bool connection_is_coming(const SessionFsm& fsm) noexcept;
/// A connection is open or closing.
[[nodiscard]] bool has_connection(const SessionFsm& fsm) noexcept;

/// The outcome of connect(): open, or not open and not tried any more. Nothing while it is under way.
/// Throws the error of a connect() or a reconnect that was given up.
[[nodiscard]] std::optional<bool> connect_outcome(const Session& session);

/// True if the user ended the session, false while it continues or was never used. Throws like throw_ended()
/// if it ended otherwise.
[[nodiscard]] bool is_over(const Session& session);

/// Throws the reason for which there is no connection, and none is coming.
[[noreturn]] void throw_ended(const Session& session);

}  // namespace pinwheel::detail
