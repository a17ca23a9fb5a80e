#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "../core/clock.h"
#include "../core/error.h"
#include "../core/function_ref.h"
#include "../core/timer_wheel.h"

namespace pinwheel {

/// What a descriptor is watched for, and what it is ready for. A handler must bear readiness that is not there.
struct Interest {
    bool read = false;
    bool write = false;
    friend bool operator==(Interest, Interest) = default;
};

/// A descriptor under watch, embedded in its owner. Its destructor ends the watch; it never closes the descriptor.
/// Threading: the reactor's thread. Allocates: nothing.
class IoWatch {
  public:
    using Callback = FunctionRef<void(Interest ready, TimePoint now)>;

    explicit IoWatch(Callback callback) noexcept : callback_(callback) {}
    ~IoWatch() { stop(); }
    IoWatch(const IoWatch&) = delete;
    IoWatch& operator=(const IoWatch&) = delete;

    [[nodiscard]] bool active() const noexcept { return reactor_ != nullptr; }
    [[nodiscard]] Interest interest() const noexcept { return interest_; }
    void stop() noexcept;

  private:
    friend class Reactor;
    friend class Poller;

    Callback callback_;
    class Reactor* reactor_ = nullptr;
    int fd_ = -1;
    Interest interest_{};
    std::size_t index_ = 0;  // in the poller's list of watches
};

enum class ReactorMode : std::uint8_t {
    epoll,      ///< run() sleeps in the kernel until a descriptor is ready or a deadline is due
    busy_spin,  ///< run() never sleeps; a few sockets are read directly, more go through epoll_wait(0)
};

struct ReactorOptions {
    ReactorMode mode = ReactorMode::epoll;
    /// Not owned; must outlive the reactor. nullptr: the steady clock.
    Clock* clock = nullptr;
    /// In busy_spin mode up to this many sockets are read without asking epoll first.
    std::size_t direct_sockets = 4;
};

/// The loop that everything of pinwheel runs on: due timers, ready sockets, posted work.
/// Threading: one thread, that which calls poll() or run(); stop() and post() may come from any.
/// Time is read once a turn, here and nowhere below.
class Reactor {
  public:
    /// Throws std::system_error if epoll or the wake-up descriptor cannot be had.
    explicit Reactor(ReactorOptions options = {});
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// One turn that never sleeps: due timers, ready sockets, posted work. Returns the work done (calls made), so
    /// that an engine can turn it inside its own loop. An exception of a handler leaves it; the reactor stays valid.
    int poll();

    /// One turn. In epoll mode it sleeps until something is due, at most `max_wait`.
    int poll_for(Duration max_wait);

    /// Turns until stop(). A stop() before run() makes it return at once, once.
    void run();

    /// From any thread.
    void stop() noexcept;

    /// Runs `work` in a coming turn, in order. From any thread; allocates.
    void post(std::function<void()> work);

    /// The time of the current turn.
    [[nodiscard]] TimePoint now() const noexcept;
    /// Unix time, read when asked; for stamps, not for deadlines.
    [[nodiscard]] SystemTime system_now() const noexcept;
    [[nodiscard]] ReactorMode mode() const noexcept;
    /// True while a turn runs on this reactor: inside handlers.
    [[nodiscard]] bool in_turn() const noexcept;

    /// Arms the timer, or arms it anew. Deadlines round up to the wheel's tick.
    void schedule(Timer& timer, TimePoint deadline) noexcept;
    void schedule_after(Timer& timer, Duration delay) noexcept;

    /// Starts to watch `fd`; -1 stands for a source without descriptor, which is called at every turn.
    /// Returns the system's error if epoll refuses the descriptor.
    [[nodiscard]] Errc watch(IoWatch& watch, int fd, Interest interest) noexcept;
    /// Changes what an active watch waits for.
    void change(IoWatch& watch, Interest interest) noexcept;

    /// Calls the watch in the next turn as if readable, though its descriptor may show nothing: for bytes that are
    /// already in user space.
    void revisit(IoWatch& watch) noexcept;

    /// Keeps `garbage` until no handler runs, then destroys it: for objects that end inside their own callback.
    void dispose(std::shared_ptr<void> garbage) noexcept;

  private:
    friend class IoWatch;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
