#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../../../core/function_ref.h"
#include "../../../net/reactor.h"

namespace pinwheel::tool {

/// Lines from a descriptor, for example standard input: a pipe, a terminal, a file or a device. It never
/// waits for them, and never changes the descriptor. Begins paused.
class LineInput {
  public:
    /// Takes a line without its end. False: it cannot be taken now. It is offered again a little later.
    using Take = FunctionRef<bool(std::string_view line)>;
    /// Called once, if a line is longer than `longest`. No more lines follow.
    using TooLong = FunctionRef<void()>;

    LineInput(Reactor& reactor, int fd, std::size_t longest, Take take, TooLong too_long) noexcept
        : reactor_(reactor), fd_(fd), longest_(longest), take_(take), too_long_(too_long) {}

    void resume();
    /// Reads nothing until resume(). Its lines wait where they come from.
    void pause() noexcept;

  private:
    int on_ready(Interest ready, TimePoint now);
    void on_retry_timer(TimePoint) { resume(); }
    [[nodiscard]] bool read_more();
    [[nodiscard]] bool hand_on();
    void end() noexcept;

    Reactor& reactor_;
    const int fd_;
    const std::size_t longest_;
    const Take take_;
    const TooLong too_long_;
    std::string text_;  // read, not yet handed on
    bool ended_ = false;
    bool always_ready_ = false;  // a file: epoll does not take it
    IoWatch watch_{IoWatch::Callback::member<&LineInput::on_ready>(*this)};
    Timer retry_timer_{Timer::Callback::member<&LineInput::on_retry_timer>(*this)};
};

}  // namespace pinwheel::tool
