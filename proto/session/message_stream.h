#pragma once

#include <memory>

#include "../../core/input_range.h"
#include "../delivery/message.h"

namespace pinwheel {

class Session;

/// The messages of a session as an input range: `for (const Message& message : ws.stream())`. A message is
/// valid until the next increment. Threading: the reactor's thread, outside of handlers. Copies share one
/// position.
class MessageStream : public InputRange<MessageStream, Message> {
  public:
    /// Made by WebSocketManager::stream().
    explicit MessageStream(std::shared_ptr<Session> session) noexcept : session_(std::move(session)) {}

  private:
    friend InputRange;
    void next();

    std::shared_ptr<Session> session_;
};

}  // namespace pinwheel
