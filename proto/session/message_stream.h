#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>

#include "../delivery/message.h"

namespace pinwheel {

class Session;

/// The messages of a session as an input range: `for (const Message& message : ws.stream())`. A message is
/// valid until the next increment. Threading: the reactor's thread, outside of handlers. Copies share one
/// position.
class MessageStream {
  public:
    /// A C++20 input iterator.
    class Iterator {
      public:
        /// Required of iterators.
        using value_type = Message;
        /// Required of iterators.
        using difference_type = std::ptrdiff_t;
        /// Required of iterators.
        using iterator_concept = std::input_iterator_tag;

        /// Made by begin().
        explicit Iterator(MessageStream& stream) noexcept : stream_(&stream) {}
        /// The message, valid until the next increment.
        [[nodiscard]] const Message& operator*() const noexcept { return *stream_->current_; }
        /// A member of the message.
        [[nodiscard]] const Message* operator->() const noexcept { return &*stream_->current_; }
        /// Waits for the next message. Throws like WebSocketManager::receive().
        Iterator& operator++() {
            stream_->next();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// True at the end.
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !stream_->current_; }

      private:
        MessageStream* stream_;
    };

    /// Made by WebSocketManager::stream().
    explicit MessageStream(std::shared_ptr<Session> session) noexcept : session_(std::move(session)) {}
    /// Waits for the first message.
    [[nodiscard]] Iterator begin() {
        next();
        return Iterator(*this);
    }
    /// The sentinel.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  private:
    void next();

    std::shared_ptr<Session> session_;
    std::optional<Message> current_;
};

}  // namespace pinwheel
