#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>

#include "../delivery/message.h"

namespace pinwheel {

class Session;

/// The messages of a session as an input range: `for (const Message& message : ws.stream())`. A message is
/// there until the next increment. Threading: the reactor's thread, outside of handlers. Copies share one
/// position.
class MessageStream {
  public:
    /// An input iterator, of C++20.
    class Iterator {
      public:
        /// As ranges want it.
        using value_type = Message;
        /// As ranges want it.
        using difference_type = std::ptrdiff_t;
        /// As ranges want it.
        using iterator_concept = std::input_iterator_tag;

        /// For begin().
        explicit Iterator(MessageStream& stream) noexcept : stream_(&stream) {}
        /// The message, there until the next increment.
        [[nodiscard]] const Message& operator*() const noexcept { return *stream_->current_; }
        /// Its member.
        [[nodiscard]] const Message* operator->() const noexcept { return &*stream_->current_; }
        /// Waits for the next message. Throws what WebSocketManager::receive() throws.
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

    /// For WebSocketManager::stream().
    explicit MessageStream(std::shared_ptr<Session> session) noexcept : session_(std::move(session)) {}
    /// Waits for the first message.
    [[nodiscard]] Iterator begin() {
        next();
        return Iterator(*this);
    }
    /// What the iterator is compared with.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  private:
    void next();

    std::shared_ptr<Session> session_;
    std::optional<Message> current_;
};

}  // namespace pinwheel
