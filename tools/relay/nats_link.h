#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/function_ref.h"

namespace pinwheel {

/// A message to publish. Refers to texts of the caller, for the call.
struct NatsPublication {
    struct Header {
        const char* name;
        const std::string& value;
    };
    const std::string& subject;
    const std::string& reply;  ///< empty: no answer
    std::span<const Header> headers{};
    std::string_view payload{};
};

/// A message to the inbox. Its texts are valid during the call.
struct NatsAnswer {
    /// The part behind the inbox's own subject and a dot. Empty: a subject with a reply had no subscriber;
    /// libnats does not report which.
    std::string_view topic{};
    std::string_view payload{};
};

enum class NatsState : std::uint8_t { down, connecting, up };
enum class NatsResult : std::uint8_t {
    ok,
    too_large,  ///< above the server's limit
    failed,     ///< why() has the reason
};

/// One connection to a NATS server, without state of an earlier one: unsent messages are not kept. Threading:
/// one thread. No call blocks except wait() and the destructor.
class NatsLink {
  public:
    virtual ~NatsLink() = default;

    /// Begins to connect; state() reports the outcome. Only while down.
    virtual void connect() = 0;
    /// Down at once.
    virtual void disconnect() noexcept = 0;
    [[nodiscard]] virtual NatsState state() = 0;
    /// The cause of the disconnect, or of the last failure. Holds no secret.
    [[nodiscard]] virtual std::string why() const = 0;
    /// The subject of answers begins with this and a dot. It differs for each connection.
    [[nodiscard]] virtual const std::string& inbox() const = 0;

    virtual NatsResult publish(const NatsPublication& publication) = 0;
    /// Bytes that the socket has not taken.
    [[nodiscard]] virtual std::size_t buffered() const = 0;
    /// Writes and reads as much as the socket allows; returns the number of answers.
    virtual int turn(FunctionRef<void(const NatsAnswer&)> answer) = 0;
    /// Waits until the socket is readable or writable, at most for this time.
    virtual void wait(Duration most) = 0;
};

}  // namespace pinwheel
