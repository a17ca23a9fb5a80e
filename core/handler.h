#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace pinwheel {

namespace detail {

/// The return type of a coroutine, of any library.
template <class T>
concept CoroutineResult = requires {
    typename T::promise_type;
}
|| requires(T&& task) {
    std::forward<T>(task).operator co_await();
};

}  // namespace detail

template <class Signature>
class Handler;

/// A std::function that is called for its effect. It refuses a coroutine: each call would create a task, drop
/// it, and never run it. Start the coroutine from the handler and keep its Task.
template <class... Args>
class Handler<void(Args...)> : public std::function<void(Args...)> {
  public:
    /// Empty.
    Handler() noexcept = default;
    /// Empty.
    Handler(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor): as std::function has it
    /// Holds `call`. Implicit, like std::function.
    template <class Call>
    requires(!std::same_as<std::remove_cvref_t<Call>, Handler> &&
             std::invocable<std::decay_t<Call>&, Args...>)
        Handler(Call&& call)  // NOLINT(google-explicit-constructor,bugprone-forwarding-reference-overload)
        : std::function<void(Args...)>(std::forward<Call>(call)) {
        static_assert(
            !detail::CoroutineResult<std::invoke_result_t<std::decay_t<Call>&, Args...>>,
            "a coroutine as a handler would never run: start it from a plain handler, and keep its Task");
    }
};

}  // namespace pinwheel
