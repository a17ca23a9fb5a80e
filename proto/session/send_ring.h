#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../../core/error.h"
#include "../../core/handler.h"
#include "../../core/spsc_ring.h"
#include "../../net/reactor.h"

namespace pinwheel {

class Session;
class WebSocketManager;

/// Messages from one other thread to the managers of a reactor, such as orders from the core that decides
/// them. Each turn of the reactor sends the messages that are there, in order, at most kMostInTurn. Neither
/// side makes a system call, takes a lock or allocates, but for the sending itself, and for the eventfd that
/// wakes a reactor which sleeps in epoll mode.
/// Threading: the producer's calls from one thread, the rest from the reactor's. The reactor must outlive it.
class SendRing {
  public:
    /// Names a manager to the producer.
    enum class Target : std::uint32_t {};
    /// A message that was not sent, and why: not_connected, send_buffer_full, or invalid_argument for a
    /// target that does not exist. Runs on the reactor's thread, and must not destroy the ring.
    using Refused = Handler<void(Target target, Errc why, std::span<const std::byte> payload)>;

    /// The most messages that a turn sends.
    static constexpr int kMostInTurn = 256;

    /// `capacity` in bytes is a power of two. Throws std::invalid_argument, std::bad_alloc, or
    /// std::system_error if the reactor cannot take it.
    explicit SendRing(Reactor& reactor, std::size_t capacity = std::size_t{1} << 20, Refused refused = {});
    ~SendRing();
    SendRing(const SendRing&) = delete;
    SendRing& operator=(const SendRing&) = delete;

    // The reactor's thread

    /// Makes the manager a target, for the life of the ring. Messages for a manager that is destroyed are
    /// refused as not_connected.
    [[nodiscard]] Target add(WebSocketManager& manager);

    // The producer's thread

    /// Room for a payload of up to `size` bytes; null if the ring is full. A larger claim in place of an open
    /// one keeps its bytes.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept { return ring_.claim(size); }
    /// Hands the claimed room to the reactor as a text message of `size` bytes. invalid_argument if it is not
    /// UTF-8: nothing is sent then, and the claim stays open.
    [[nodiscard]] Errc commit_text(Target target, std::size_t size) noexcept;
    /// The same as a binary message.
    void commit_binary(Target target, std::size_t size) noexcept;
    /// Claims, copies and commits. queue_full if there is no room, invalid_argument if it is not UTF-8.
    [[nodiscard]] Errc send(Target target, std::string_view text) noexcept;
    /// The same as a binary message.
    [[nodiscard]] Errc send_binary(Target target, std::span<const std::byte> bytes) noexcept;

  private:
    void commit(Target target, std::size_t size, std::uint8_t flags) noexcept;
    int on_turn(Interest ready, TimePoint now);

    Reactor& reactor_;
    const Refused refused_;
    SpscRing ring_;
    std::vector<std::shared_ptr<Session>> targets_;
    IoWatch watch_;
};

}  // namespace pinwheel
