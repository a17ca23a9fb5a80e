#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "../core/clock.h"
#include "../core/error.h"
#include "../core/function_ref.h"
#include "../core/handler.h"
#include "../core/idle_strategy.h"
#include "../core/intrusive_list.h"
#include "../core/random.h"
#include "../core/timer_wheel.h"
#include "disposable.h"
#include "poller.h"
#include "wakeup.h"

namespace pinwheel {

class Reactor;

/// A watch on a descriptor, embedded in its owner. Its destructor ends the watch; it never closes the
/// descriptor. The callback must tolerate spurious readiness. It returns the work done, 0 if there was
/// nothing to do. Threading: the reactor's thread. Allocates: nothing.
class IoWatch : private detail::ListLink {
  public:
    /// Called with the ready events. Returns the work done.
    using Callback = FunctionRef<int(Interest ready, TimePoint now)>;

    /// Starts without a descriptor: see Reactor::watch().
    explicit IoWatch(Callback callback) noexcept : callback_(callback) {}
    ~IoWatch() { stop(); }
    IoWatch(const IoWatch&) = delete;
    IoWatch& operator=(const IoWatch&) = delete;

    /// True from Reactor::watch() until stop().
    [[nodiscard]] bool active() const noexcept { return reactor_ != nullptr; }
    /// The events that it waits for.
    [[nodiscard]] Interest interest() const noexcept { return interest_; }
    /// Ends the watch. Allowed inside its own callback.
    void stop() noexcept;

  private:
    friend class Reactor;

    Callback callback_;
    Reactor* reactor_ = nullptr;
    int fd_ = -1;
    Interest interest_{};
    std::size_t place_ = 0;  // in the reactor's list of watches; the link belongs to the list of revisits
};

/// How run() waits.
enum class ReactorMode : std::uint8_t {
    epoll,  ///< run() sleeps in the kernel until a descriptor is ready or a deadline is due
    /// run() never sleeps. It reads a few sockets (direct_sockets) without epoll, whose call costs 0.1 µs a
    /// packet. Further sockets go through epoll.
    busy_spin,
};

/// Options of a reactor. The defaults suit a shared core.
struct ReactorOptions {
    ReactorMode mode = ReactorMode::epoll;  ///< how run() waits
    /// Not owned; must outlive the reactor. nullptr: the steady clock. A TscClock makes a turn cheaper.
    Clock* clock = nullptr;
    /// Runs after each turn of run(), run_until() and all waiting calls in busy_spin mode. Not owned; must
    /// outlive the reactor. nullptr: they spin. Not used in epoll mode, where the kernel waits.
    IdleStrategy* idle = nullptr;
    /// In busy_spin mode up to this many sockets are read without epoll; at most turn_bounds::kVisits.
    std::size_t direct_sockets = 4;
};

/// The event loop of the library: due timers, ready sockets, posted work. A turn does a bounded amount of
/// each (turn_bounds.h) and leaves the rest to the next turns. It reads the clock once a turn, and once more
/// after a sleep. Nothing below it reads a clock. Calls outside of a turn see the clock's time. Threading:
/// one thread, which calls poll() or run(). stop() and post() may come from any thread.
class Reactor {
  public:
    /// Throws std::system_error if epoll, the wake-up descriptor or random bytes are not available.
    explicit Reactor(ReactorOptions options = {});
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// One turn without sleep: due timers, ready sockets, posted work. For a loop of your own. Returns the
    /// work done, 0 for an idle turn. An exception of a handler leaves poll(); the reactor stays valid and
    /// does the rest in the next turn. Must not be called inside a handler.
    int poll() { return turn(Duration::zero()); }

    /// One turn. In epoll mode it sleeps until there is work, at most `max_wait`.
    int poll_for(Duration max_wait) { return turn(max_wait); }

    /// Turns until stop(). Returns at once if stop() was called before.
    void run();

    /// Turns until `done` returns true, or until `deadline`: then false. Waits between turns as run() does,
    /// and ignores stop(). Calls `done` before each turn.
    template <std::predicate Done>
    bool run_until(Done&& done, TimePoint deadline = TimePoint::max()) {
        while (!done()) {
            const TimePoint time = now();
            if (time >= deadline) return false;
            turn_and_idle(deadline == TimePoint::max() ? Duration::max() : deadline - time);
        }
        return true;
    }

    /// Ends run(), or the next run(). From any thread.
    void stop() noexcept;

    /// Runs `work` in a coming turn, in the order of posting. From any thread. Allocates. Does not compile
    /// with a coroutine.
    void post(Handler<void()> work);

    /// The time of the current turn. Outside of a turn, the clock's time.
    [[nodiscard]] TimePoint now() noexcept {
        if (!in_turn_) now_ = clock_.now();
        return now_;
    }
    /// The time of the last turn. Does not read the clock.
    [[nodiscard]] TimePoint turn_time() const noexcept { return now_; }
    /// Unix time, read at each call. For stamps, not for deadlines.
    [[nodiscard]] SystemTime system_now() const noexcept { return clock_.system_now(); }
    /// The mode from the options.
    [[nodiscard]] ReactorMode mode() const noexcept { return mode_; }
    /// The source of frame masks and handshake keys.
    [[nodiscard]] SecureRandom& random() noexcept { return random_; }
    /// False in a child process that was forked after the construction. There all objects only close their
    /// descriptors: they send nothing and do not touch the shared epoll.
    [[nodiscard]] bool is_own_process() const noexcept { return poller_.is_own_process(); }
    /// True inside handlers.
    [[nodiscard]] bool in_turn() const noexcept { return in_turn_; }

    /// Arms or re-arms the timer. Deadlines round up to the wheel's tick of 1 ms.
    void schedule(Timer& timer, TimePoint deadline) noexcept { wheel_.schedule(timer, deadline); }
    /// The same, `delay` from now().
    void schedule_after(Timer& timer, Duration delay) noexcept;

    /// Lets the waits of epoll poll the network devices. The error of the system, which names the setting.
    [[nodiscard]] Error busy_poll(const EpollBusyPoll& options) { return poller_.busy_poll(options); }

    /// Starts to watch `fd`. -1: a source without descriptor, called at every turn. Of more than
    /// turn_bounds::kVisits sources each turn calls the next ones. Returns the system's error if epoll
    /// refuses the descriptor.
    [[nodiscard]] Errc watch(IoWatch& watch, int fd, Interest interest) noexcept;
    /// The same for a source that another thread fills: the reactor may sleep while it is empty. The thread
    /// calls wake_if_asleep() when it has published work.
    [[nodiscard]] Errc watch_inbox(IoWatch& inbox) noexcept;
    /// Ends the sleep of a reactor that sleeps, or is about to. From any thread. A system call only then.
    void wake_if_asleep() noexcept {
        if (mode_ == ReactorMode::busy_spin) return;
        // With the fence of run_ready(): this thread sees asleep_, or the reactor sees the work.
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (asleep_.load(std::memory_order_relaxed)) wakeup_.signal();
    }
    /// Changes the events that an active watch waits for.
    void change(IoWatch& watch, Interest interest) noexcept;
    /// Registers an active watch again if epoll has lost it: a process that shares the descriptors may have
    /// removed it. True if it was lost.
    [[nodiscard]] bool restore(IoWatch& watch) noexcept;
    /// Calls the watch in the next turn as if it were readable. For bytes that are already in user space.
    void revisit(IoWatch& watch) noexcept;

    /// The next time at which a timer may fire. Nothing if no timer is armed. For a clock that jumps.
    [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept { return wheel_.next_deadline(); }

    /// Destroys `garbage` once no handler of this turn runs. For objects that end inside their own callback.
    /// Outside of a turn it is destroyed at once.
    template <std::derived_from<Disposable> T>
    void dispose(std::unique_ptr<T> garbage) noexcept {
        if (in_turn_) keep(garbage.release());
    }
    /// Allocates. If allocation fails, the object is leaked.
    void dispose(std::shared_ptr<void> garbage) noexcept;

  private:
    friend class IoWatch;
    class TurnScope;

    int turn(Duration max_wait);
    void turn_and_idle(Duration max_wait);
    [[nodiscard]] Duration sleep_time(Duration max_wait) const noexcept;
    [[nodiscard]] std::vector<IoWatch*>& list_of(const IoWatch& watch) noexcept {
        return watch.fd_ >= 0 ? watches_ : sources_;
    }
    [[nodiscard]] bool may_read_directly() const noexcept {
        return mode_ == ReactorMode::busy_spin && writers_ == 0 && watches_.size() <= direct_sockets_;
    }
    void leave_poller() noexcept;
    [[nodiscard]] bool enter_poller() noexcept;
    int run_sockets(Duration sleep);
    int run_posted();
    int run_running(int limit);
    int run_revisits();
    inline int visit(const std::vector<IoWatch*>& watches);
    int visit_some(const std::vector<IoWatch*>& watches);
    int run_ready(Duration sleep);
    void keep(Disposable* garbage) noexcept;
    void drop_garbage() noexcept;
    void forget(IoWatch& watch) noexcept;

    SteadyClock steady_clock_;
    Clock& clock_;
    const ReactorMode mode_;
    const std::size_t direct_sockets_;
    IdleStrategy* const idle_;
    bool in_turn_ = false;
    TimePoint now_;
    SecureRandom random_;
    TimerWheel wheel_;
    Poller poller_;
    bool polls_;                     // else all watches are called at every turn
    std::size_t writers_ = 0;        // watches that wait to write
    std::vector<IoWatch*> watches_;  // with a descriptor
    std::vector<IoWatch*> sources_;  // without one
    std::size_t inboxes_ = 0;        // sources that let the reactor sleep
    std::size_t next_visit_ = 0;     // where visit_some() goes on, in either list
    detail::ListLink revisits_;      // revisits of the next turn
    detail::ListLink revisiting_;    // revisits of this turn, or those left by an exception
    Disposable* disposed_ = nullptr;
    std::vector<std::shared_ptr<void>> garbage_;
    std::deque<std::function<void()>> running_;

    Wakeup wakeup_;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> asleep_{false};  // only with inboxes
    std::atomic<bool> has_posted_{false};
    std::mutex posted_mutex_;
    std::deque<std::function<void()>> posted_;
};

}  // namespace pinwheel
