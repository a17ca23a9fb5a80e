#pragma once

/// Coroutines; not part of pinwheel.h. A coroutine runs on the reactor's thread, inside its turns. It may
/// call everything that a handler may, and uses co_await in place of waiting calls.

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/clock.h"
#include "../core/intrusive_list.h"
#include "../net/reactor.h"
#include "session/manager.h"
#include "session/observer.h"

namespace pinwheel {

template <class T>
class Task;

namespace detail {

class WaiterList;

/// The common part of all Tasks: the awaiting coroutine, and the exception.
class TaskPromise {
  public:
    struct FinalAwaiter {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        [[nodiscard]] std::coroutine_handle<> await_suspend(
            std::coroutine_handle<Promise> ended) const noexcept {
            const auto next = ended.promise().continuation_;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { thrown_ = std::current_exception(); }
    void set_continuation(std::coroutine_handle<> next) noexcept { continuation_ = next; }

  protected:
    void rethrow() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }

  private:
    std::coroutine_handle<> continuation_;
    std::exception_ptr thrown_;
};

template <class T>
class TaskPromiseOf : public TaskPromise {
  public:
    [[nodiscard]] Task<T> get_return_object() noexcept;
    void return_value(T value) { value_.emplace(std::move(value)); }
    [[nodiscard]] T result() {
        rethrow();
        return std::move(*value_);
    }

  private:
    std::optional<T> value_;
};

template <>
class TaskPromiseOf<void> : public TaskPromise {
  public:
    [[nodiscard]] Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void result() const { rethrow(); }
};

}  // namespace detail

/// A coroutine: it begins when it is awaited, or by start(), and ends with its object at the latest. Its
/// frame is allocated once, when it is called. Threading: the reactor's thread.
template <class T = void>
class [[nodiscard]] Task {
  public:
    /// Required by the language.
    using promise_type = detail::TaskPromiseOf<T>;

    /// For the language: of a coroutine that has not begun.
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    /// A moved-from Task may only be destroyed.
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    /// Runs it until it waits for the first time. Call it once, on a Task that is not awaited.
    void start() { handle_.resume(); }
    /// True once it has returned or thrown.
    [[nodiscard]] bool done() const noexcept { return handle_.done(); }
    /// What it returned, or throws what it threw; when done().
    T result() { return handle_.promise().result(); }

    /// Begins it, and gives what it returns.
    [[nodiscard]] auto operator co_await() const noexcept {
        struct Awaiter {
            std::coroutine_handle<promise_type> handle;
            [[nodiscard]] bool await_ready() const noexcept { return false; }
            [[nodiscard]] std::coroutine_handle<> await_suspend(
                std::coroutine_handle<> awaiting) const noexcept {
                handle.promise().set_continuation(awaiting);
                return handle;
            }
            T await_resume() const { return handle.promise().result(); }
        };
        return Awaiter{handle_};
    }

  private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromiseOf<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromiseOf>::from_promise(*this));
}
inline Task<void> TaskPromiseOf<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromiseOf>::from_promise(*this));
}

/// A coroutine that waits for a condition of a session, or for a time.
class Waiter : private ListLink {
  public:
    Waiter(Reactor& reactor, std::optional<Duration> timeout) noexcept
        : reactor_(reactor), timeout_(timeout) {}
    virtual ~Waiter() { unlink(); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

  protected:
    /// True if it need not wait any more: what it waited for is there, or has thrown.
    [[nodiscard]] virtual bool is_over() noexcept = 0;
    void suspend(std::coroutine_handle<> handle, WaiterList& list) noexcept;
    [[nodiscard]] Duration timeout() const noexcept { return timeout_.value_or(Duration{}); }

  private:
    friend class WaiterList;

    void resume();
    void on_deadline(TimePoint now);

    Reactor& reactor_;
    const std::optional<Duration> timeout_;
    std::coroutine_handle<> handle_;
    Timer deadline_{Timer::Callback::member<&Waiter::on_deadline>(*this)};
};

/// All that wait for one session, which it observes. Each is resumed in a turn of its own, since it may
/// destroy this.
class WaiterList : private SessionObserver {
  public:
    WaiterList(Reactor& reactor, SessionObserver* next) noexcept : reactor_(reactor), next_(next) {}
    ~WaiterList() override;
    WaiterList(const WaiterList&) = delete;
    WaiterList& operator=(const WaiterList&) = delete;

    void add(Waiter& waiter) noexcept;
    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    /// The same, with handlers that let the list know.
    [[nodiscard]] WebSocketOptions listening(WebSocketOptions options);

  private:
    void on_step(const SessionStep& step) noexcept override;
    /// The session has changed: the next turn resumes those whose condition holds.
    void look_soon() noexcept {
        if (!waiting_.alone()) reactor_.schedule(timer_, TimePoint{});
    }
    void look(TimePoint now);

    Reactor& reactor_;
    SessionObserver* const next_;
    ListLink waiting_;
    Timer timer_{Timer::Callback::member<&WaiterList::look>(*this)};
};

}  // namespace detail

/// Runs a task to its end and turns the reactor. It waits: do not call it in a handler or a coroutine.
template <class T>
T run(Reactor& reactor, Task<T> task) {
    task.start();
    reactor.run_until([&] { return task.done(); });
    return task.result();
}

/// co_await Sleep(reactor, 5s).
class Sleep {
  public:
    /// `time` from when it is awaited.
    Sleep(Reactor& reactor, Duration time) noexcept : reactor_(reactor), time_(time) {}
    /// For the language: never.
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    /// For the language: arms the timer.
    void await_suspend(std::coroutine_handle<> handle) noexcept {
        handle_ = handle;
        reactor_.schedule_after(timer_, time_);
    }
    /// For the language.
    void await_resume() const noexcept {}

  private:
    void wake(TimePoint) { handle_.resume(); }

    Reactor& reactor_;
    const Duration time_;
    std::coroutine_handle<> handle_;
    Timer timer_{Timer::Callback::member<&Sleep::wake>(*this)};
};

/// A session for coroutines: has a WebSocketManager, and awaits where that waits. What does not wait is as
/// there, the handlers included; `on_message` needs no deliver_to_ring. One coroutine at a time receives. Its
/// destructor tries a close frame without waiting; coroutines that wait then are never resumed.
class AsyncWebSocket {
    template <class Result, class Look, bool kFalseAtTimeout>
    class Until;

    [[nodiscard]] bool has_connection() const noexcept {
        return state() == ConnectionState::connected || state() == ConnectionState::closing;
    }
    [[nodiscard]] auto connection_ended() {
        const auto look = [this] { return has_connection() ? std::nullopt : std::optional(true); };
        return Until<bool, decltype(look), true>(*this, look, "close", std::nullopt);
    }

  public:
    /// As the manager does: does not connect yet, and throws WebSocketError.
    AsyncWebSocket(Reactor& reactor, std::string_view url, WebSocketOptions options = {});

    /// The session, for what does not wait; the usual calls of that are here, too.
    [[nodiscard]] WebSocketManager& manager() noexcept { return manager_; }
    /// The same, to look at.
    [[nodiscard]] const WebSocketManager& manager() const noexcept { return manager_; }

    /// As wait_connected().
    [[nodiscard]] auto connected(std::optional<Duration> timeout = std::nullopt) {
        const auto look = [this] { return manager_.connect_outcome(); };
        return Until<bool, decltype(look), true>(*this, look, "wait_connected", timeout);
    }
    /// As wait_disconnected().
    [[nodiscard]] auto disconnected() {
        const auto look = [this]() -> std::optional<bool> {
            if (has_connection() || state() == ConnectionState::connecting) return std::nullopt;
            return true;
        };
        return Until<bool, decltype(look), true>(*this, look, "wait_disconnected", std::nullopt);
    }
    /// Begins to connect. Resumes with true when CONNECTED, and otherwise as wait_connected() returns.
    [[nodiscard]] auto connect(std::optional<Duration> timeout = std::nullopt) {
        manager_.connect();
        return connected(timeout);
    }
    /// The next message, there until the next one is asked for. Throws what receive() throws.
    [[nodiscard]] auto receive(std::optional<Duration> timeout = std::nullopt) {
        const auto look = [this] { return try_receive(); };
        return Until<Message, decltype(look), false>(*this, look, "receive", timeout);
    }
    /// As receive(), but nothing where stream() ends: while (const auto message = co_await ws.next()) …
    /// Name the result: g++ 12 miscompiles a bare while (co_await ws.next()).
    [[nodiscard]] auto next() {
        const auto look = [this]() -> std::optional<std::optional<Message>> {
            if (auto message = manager_.try_next()) return message;
            if (manager_.stream_is_over()) return std::optional<Message>();
            return std::nullopt;
        };
        return Until<std::optional<Message>, decltype(look), false>(*this, look, "stream", std::nullopt);
    }
    /// Ends as the manager's calls do; resumes when no connection is up or closing.
    [[nodiscard]] auto close() { return manager_.close(), connection_ended(); }
    /// For good; resumes when no connection is up or closing.
    [[nodiscard]] auto shutdown() { return manager_.shutdown(), connection_ended(); }
    /// Resumes when no connection is up or closing.
    [[nodiscard]] auto request_disconnect(std::optional<Duration> reconnect_after = std::nullopt) {
        return manager_.request_disconnect(reconnect_after), connection_ended();
    }
    /// As there; a coroutine of its own.
    [[nodiscard]] Task<bool> wait_for_reconnect_window(std::function<WindowAnswer()> should_reconnect = {},
                                                       std::optional<Duration> timeout = std::nullopt);

    /// As there.
    [[nodiscard]] const std::string& url() const noexcept { return manager_.url(); }
    /// As there.
    [[nodiscard]] ConnectionState state() const noexcept { return manager_.state(); }
    /// As there.
    [[nodiscard]] bool is_connected() const noexcept { return manager_.is_connected(); }
    /// As there.
    [[nodiscard]] bool is_shutdown() const noexcept { return manager_.is_shutdown(); }
    /// As there.
    [[nodiscard]] bool is_dead() const noexcept { return manager_.is_dead(); }
    /// As there.
    [[nodiscard]] bool is_recoverable() const noexcept { return manager_.is_recoverable(); }
    /// As there; from any thread.
    [[nodiscard]] WebSocketStats stats() const noexcept { return manager_.stats(); }
    /// As there.
    [[nodiscard]] std::vector<std::string> subscriptions() const { return manager_.subscriptions(); }
    /// As there.
    [[nodiscard]] Duration connection_duration() const noexcept { return manager_.connection_duration(); }
    /// As there.
    [[nodiscard]] std::uint32_t generation() const noexcept { return manager_.generation(); }
    /// As there.
    [[nodiscard]] const Error& last_error() const noexcept { return manager_.last_error(); }
    /// As there.
    [[nodiscard]] std::uint16_t close_code() const noexcept { return manager_.close_code(); }
    /// As there.
    [[nodiscard]] const std::string& close_reason() const noexcept { return manager_.close_reason(); }
    /// As there.
    void schedule_reconnect(Duration delay) { manager_.schedule_reconnect(delay); }
    /// As there.
    void kill() { manager_.kill(); }
    /// As there.
    void force_close() { manager_.force_close(); }
    /// As there.
    void send(std::string_view text) { manager_.send(text); }
    /// As there.
    void send_binary(std::span<const std::byte> bytes) { manager_.send_binary(bytes); }
    /// As there: a JsonValue, or what has a dump().
    template <class Json>
    void send_json(const Json& json) {
        manager_.send_json(json);
    }
    /// As there.
    void send_json(std::initializer_list<JsonValue::Member> members) { manager_.send_json(members); }
    /// As there.
    [[nodiscard]] Errc try_send(std::string_view text) noexcept { return manager_.try_send(text); }
    /// As there.
    [[nodiscard]] Errc try_send_binary(std::span<const std::byte> bytes) noexcept {
        return manager_.try_send_binary(bytes);
    }
    /// As there: channels, or a span of them.
    template <class... Channels>
    void subscribe(const Channels&... channels) {
        manager_.subscribe(channels...);
    }
    /// As there: channels, or a span of them.
    template <class... Channels>
    void unsubscribe(const Channels&... channels) {
        manager_.unsubscribe(channels...);
    }
    /// As there.
    [[nodiscard]] std::optional<Message> try_receive() { return manager_.try_receive(); }
    /// As there.
    [[nodiscard]] MessageQueue& queue() { return manager_.queue(); }

  private:
    /// Waits until `Look` has an answer, or throws. At the timeout: false, or WebSocketTimeoutError.
    template <class Result, class Look, bool kFalseAtTimeout>
    class Until final : public detail::Waiter {
      public:
        Until(AsyncWebSocket& ws, Look look, std::string_view operation, std::optional<Duration> timeout)
            : Waiter(ws.waiters_.reactor(), timeout), ws_(ws), look_(look), operation_(operation) {}

        [[nodiscard]] bool await_ready() noexcept { return is_over(); }
        void await_suspend(std::coroutine_handle<> handle) noexcept { suspend(handle, ws_.waiters_); }
        Result await_resume() {
            if (thrown_) std::rethrow_exception(thrown_);
            if (found_) return *std::move(found_);
            if constexpr (kFalseAtTimeout) return false;
            throw WebSocketTimeoutError(operation_, timeout(), ws_.last_error());
        }

      private:
        [[nodiscard]] bool is_over() noexcept override {
            try {
                found_ = look_();
            } catch (...) {
                thrown_ = std::current_exception();
            }
            return found_ || thrown_;
        }

        AsyncWebSocket& ws_;
        Look look_;
        const std::string_view operation_;
        std::optional<Result> found_;
        std::exception_ptr thrown_;
    };

    detail::WaiterList waiters_;  // observes the manager, and outlives it
    WebSocketManager manager_;
};

}  // namespace pinwheel
