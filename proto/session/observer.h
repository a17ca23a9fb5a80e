#pragma once

#include "../../core/clock.h"
#include "../policy/session_effect.h"
#include "../policy/session_event.h"
#include "../policy/session_fsm.h"

namespace pinwheel {

/// Sees each step of a session: what happened, the machine after it, and what is about to be done about it.
/// For logs; the library writes none. Not called for messages. Threading: the reactor's thread. Must not
/// throw, and must not call the session.
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// After the decision, before it is done.
    virtual void on_step(const SessionEvent::Any& event, const SessionFsm& after,
                         const SessionEffects& effects, TimePoint now) noexcept = 0;
};

}  // namespace pinwheel
