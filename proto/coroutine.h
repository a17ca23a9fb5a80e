#pragma once

/// Coroutines; not part of pinwheel.h. A coroutine runs on the reactor's thread, inside its turns. It may
/// call everything that a handler may, and uses co_await instead of waiting calls.

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

/// A coroutine. It begins when it is awaited, or by start(), and ends with its object at the latest. Its
/// frame is allocated once, when it is called. Threading: the reactor's thread.
template <class T = void>
class [[nodiscard]] Task {
  public:
    /// Required by the language.
    using promise_type = detail::TaskPromiseOf<T>;

    /// For the language. Requires a coroutine that has not begun.
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    /// A moved-from Task may only be destroyed.
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    /// Runs it until it waits for the first time. Call it once, on a Task without an awaiting coroutine.
    void start() { handle_.resume(); }
    /// True once the coroutine has returned or thrown.
    [[nodiscard]] bool done() const noexcept { return handle_.done(); }
    /// Returns the coroutine's result, or throws its exception. Requires done().
    T result() { return handle_.promise().result(); }

    /// Begins the coroutine and returns its result.
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
    /// True if it need not wait any more: the condition holds or has thrown.
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

/// All coroutines that wait for one session, which the list observes. Each is resumed in a turn of its own,
/// because it may destroy the list.
class WaiterList : private SessionObserver {
  public:
    WaiterList(Reactor& reactor, SessionObserver* next) noexcept : reactor_(reactor), next_(next) {}
    ~WaiterList() override;
    WaiterList(const WaiterList&) = delete;
    WaiterList& operator=(const WaiterList&) = delete;

    void add(Waiter& waiter) noexcept;
    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }
    /// The same, with handlers that notify the list.
    [[nodiscard]] WebSocketOptions listening(WebSocketOptions options);

  private:
    void on_step(const SessionStep& step) noexcept override;
    /// The session has changed. The next turn resumes the coroutines whose condition holds.
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

/// Turns the reactor until a task has ended. It blocks: do not call it in a handler or a coroutine.
template <class T>
T run(Reactor& reactor, Task<T> task) {
    task.start();
    reactor.run_until([&] { return task.done(); });
    return task.result();
}

/// co_await Sleep(reactor, 5s).
class Sleep {
  public:
    /// The wait starts when it is awaited and lasts `time`.
    Sleep(Reactor& reactor, Duration time) noexcept : reactor_(reactor), time_(time) {}
    /// For the language: always false.
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

/// A session for coroutines: a WebSocketManager whose blocking calls are awaited. `on_message` needs no
/// deliver_to_ring. One coroutine at a time receives. The destructor tries to send a close frame without
/// waiting. Coroutines that still wait are never resumed.
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
    /// Like the manager's constructor: does not connect yet, and throws WebSocketError.
    AsyncWebSocket(Reactor& reactor, std::string_view url, WebSocketOptions options = {});

    /// The session. The most common of its calls that do not wait are repeated here.
    [[nodiscard]] WebSocketManager& manager() noexcept { return manager_; }
    /// The same, const.
    [[nodiscard]] const WebSocketManager& manager() const noexcept { return manager_; }

    /// Awaits WebSocketManager::wait_connected().
    [[nodiscard]] auto connected(std::optional<Duration> timeout = std::nullopt) {
        const auto look = [this] { return manager_.connect_outcome(); };
        return Until<bool, decltype(look), true>(*this, look, "wait_connected", timeout);
    }
    /// Awaits WebSocketManager::wait_disconnected().
    [[nodiscard]] auto disconnected() {
        const auto look = [this]() -> std::optional<bool> {
            if (has_connection() || state() == ConnectionState::connecting) return std::nullopt;
            return true;
        };
        return Until<bool, decltype(look), true>(*this, look, "wait_disconnected", std::nullopt);
    }
    /// Begins to connect. Resumes with true when CONNECTED, else like wait_connected().
    [[nodiscard]] auto connect(std::optional<Duration> timeout = std::nullopt) {
        manager_.connect();
        return connected(timeout);
    }
    /// The next message, valid until the next call. Throws like receive().
    [[nodiscard]] auto receive(std::optional<Duration> timeout = std::nullopt) {
        const auto look = [this] { return try_receive(); };
        return Until<Message, decltype(look), false>(*this, look, "receive", timeout);
    }
    /// Like receive(), but nothing where stream() ends: while (const auto message = co_await ws.next()) …
    /// Name the result: g++ 12 miscompiles a bare while (co_await ws.next()).
    [[nodiscard]] auto next() {
        const auto look = [this]() -> std::optional<std::optional<Message>> {
            if (auto message = manager_.try_next()) return message;
            if (manager_.stream_is_over()) return std::optional<Message>();
            return std::nullopt;
        };
        return Until<std::optional<Message>, decltype(look), false>(*this, look, "stream", std::nullopt);
    }
    /// Ends the session like the manager's call of this name. Resumes when no connection is up or closing.
    [[nodiscard]] auto close() { return manager_.close(), connection_ended(); }
    /// Permanent. Resumes when no connection is up or closing.
    [[nodiscard]] auto shutdown() { return manager_.shutdown(), connection_ended(); }
    /// Resumes when no connection is up or closing.
    [[nodiscard]] auto request_disconnect(std::optional<Duration> reconnect_after = std::nullopt) {
        return manager_.request_disconnect(reconnect_after), connection_ended();
    }
    /// Like WebSocketManager::wait_for_reconnect_window(), with a coroutine as the condition.
    [[nodiscard]] Task<bool> wait_for_reconnect_window(std::function<WindowAnswer()> should_reconnect = {},
                                                       std::optional<Duration> timeout = std::nullopt);

    /// See WebSocketManager::url().
    [[nodiscard]] const std::string& url() const noexcept { return manager_.url(); }
    /// See WebSocketManager::state().
    [[nodiscard]] ConnectionState state() const noexcept { return manager_.state(); }
    /// See WebSocketManager::is_connected().
    [[nodiscard]] bool is_connected() const noexcept { return manager_.is_connected(); }
    /// See WebSocketManager::is_shutdown().
    [[nodiscard]] bool is_shutdown() const noexcept { return manager_.is_shutdown(); }
    /// See WebSocketManager::is_dead().
    [[nodiscard]] bool is_dead() const noexcept { return manager_.is_dead(); }
    /// See WebSocketManager::is_recoverable().
    [[nodiscard]] bool is_recoverable() const noexcept { return manager_.is_recoverable(); }
    /// See WebSocketManager::stats(). From any thread.
    [[nodiscard]] WebSocketStats stats() const noexcept { return manager_.stats(); }
    /// See WebSocketManager::subscriptions().
    [[nodiscard]] std::vector<std::string> subscriptions() const { return manager_.subscriptions(); }
    /// See WebSocketManager::connection_duration().
    [[nodiscard]] Duration connection_duration() const noexcept { return manager_.connection_duration(); }
    /// See WebSocketManager::generation().
    [[nodiscard]] std::uint32_t generation() const noexcept { return manager_.generation(); }
    /// See WebSocketManager::last_error().
    [[nodiscard]] const Error& last_error() const noexcept { return manager_.last_error(); }
    /// See WebSocketManager::close_code().
    [[nodiscard]] std::uint16_t close_code() const noexcept { return manager_.close_code(); }
    /// See WebSocketManager::close_reason().
    [[nodiscard]] const std::string& close_reason() const noexcept { return manager_.close_reason(); }
    /// See WebSocketManager::schedule_reconnect().
    void schedule_reconnect(Duration delay) { manager_.schedule_reconnect(delay); }
    /// See WebSocketManager::kill().
    void kill() { manager_.kill(); }
    /// See WebSocketManager::force_close().
    void force_close() { manager_.force_close(); }
    /// See WebSocketManager::send().
    void send(std::string_view text) { manager_.send(text); }
    /// See WebSocketManager::send_binary().
    void send_binary(std::span<const std::byte> bytes) { manager_.send_binary(bytes); }
    /// See WebSocketManager::send_json(). Takes a JsonValue, or an object with dump().
    template <class Json>
    void send_json(const Json& json) {
        manager_.send_json(json);
    }
    /// See WebSocketManager::send_json().
    void send_json(std::initializer_list<JsonValue::Member> members) { manager_.send_json(members); }
    /// See WebSocketManager::try_send().
    [[nodiscard]] Errc try_send(std::string_view text) noexcept { return manager_.try_send(text); }
    /// See WebSocketManager::try_send_binary().
    [[nodiscard]] Errc try_send_binary(std::span<const std::byte> bytes) noexcept {
        return manager_.try_send_binary(bytes);
    }
    /// See WebSocketManager::subscribe(). Takes channels, or a span of them.
    template <class... Channels>
    void subscribe(const Channels&... channels) {
        manager_.subscribe(channels...);
    }
    /// See WebSocketManager::unsubscribe(). Takes channels, or a span of them.
    template <class... Channels>
    void unsubscribe(const Channels&... channels) {
        manager_.unsubscribe(channels...);
    }
    /// See WebSocketManager::try_receive().
    [[nodiscard]] std::optional<Message> try_receive() { return manager_.try_receive(); }
    /// See WebSocketManager::queue().
    [[nodiscard]] MessageQueue& queue() { return manager_.queue(); }

  private:
    /// Waits until `Look` returns a result or throws. At the timeout: false, or WebSocketTimeoutError.
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

    detail::WaiterList waiters_;  // observes the manager and outlives it
    WebSocketManager manager_;
};

}  // namespace pinwheel
