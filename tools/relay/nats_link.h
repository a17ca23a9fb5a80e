#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/function_ref.h"

namespace pinwheel {

/// What is published. Refers to texts of the caller, for the call.
struct NatsPublication {
    struct Header {
        const char* name;
        const std::string& value;
    };
    const std::string& subject;
    const std::string& reply;  ///< empty: no answer is wanted
    std::span<const Header> headers{};
    std::string_view payload{};
};

/// What came to the inbox. Texts are there for the call.
struct NatsAnswer {
    /// Behind the inbox's own subject and a dot. Empty: nobody listens to a subject that was published to
    /// with a reply; libnats does not tell which.
    std::string_view topic{};
    std::string_view payload{};
};

enum class NatsState : std::uint8_t { down, connecting, up };
enum class NatsResult : std::uint8_t {
    ok,
    too_large,  ///< for this server
    failed,     ///< why() tells
};

/// One connection to a NATS server, without memory of the one before: nothing that was not sent is kept.
/// Threading: one thread. No call blocks but wait() and the destructor.
class NatsLink {
  public:
    virtual ~NatsLink() = default;

    /// Begins to connect; state() tells the end of it. Only while down.
    virtual void connect() = 0;
    /// Down at once.
    virtual void disconnect() noexcept = 0;
    [[nodiscard]] virtual NatsState state() = 0;
    /// Why the link is down, or what failed last. Holds no secret.
    [[nodiscard]] virtual std::string why() const = 0;
    /// What answers are sent to begins with this, and a dot. Another one for each connection.
    [[nodiscard]] virtual const std::string& inbox() const = 0;

    virtual NatsResult publish(const NatsPublication& publication) = 0;
    /// Bytes that the socket has not taken.
    [[nodiscard]] virtual std::size_t buffered() const = 0;
    /// Writes and reads what the socket takes and has; returns how many answers there were.
    virtual int turn(FunctionRef<void(const NatsAnswer&)> answer) = 0;
    /// Waits until there is something to read, or to write, at most for this time.
    virtual void wait(Duration most) = 0;
};

}  // namespace pinwheel
