#include "coroutine.h"

#include <algorithm>
#include <tuple>

namespace pinwheel {
namespace detail {

void Waiter::suspend(std::coroutine_handle<> handle, WaiterList& list) noexcept {
    handle_ = handle;
    list.add(*this);
    if (timeout_) reactor_.schedule_after(deadline_, *timeout_);
}

void Waiter::resume() {
    unlink();
    deadline_.cancel();
    handle_.resume();
}

void Waiter::on_deadline(TimePoint) {
    std::ignore = is_over();  // a result of this turn still counts
    resume();
}

WaiterList::~WaiterList() {
    while (!waiting_.alone()) static_cast<Waiter*>(waiting_.next)->unlink();
}

void WaiterList::add(Waiter& waiter) noexcept {
    waiter.insert_before(waiting_);
}

WebSocketOptions WaiterList::listening(WebSocketOptions options) {
    options.deliver_to_ring = true;
    options.observer = this;
    options.on_message = [this, theirs = std::move(options.on_message)](const Message& message) {
        look_soon();
        if (theirs) theirs(message);
    };
    return options;
}

void WaiterList::on_step(const SessionStep& step) noexcept {
    if (next_ != nullptr) next_->on_step(step);
    look_soon();
}

void WaiterList::look(TimePoint) {
    for (ListLink* at = waiting_.next; at != &waiting_; at = at->next) {
        auto& waiter = *static_cast<Waiter*>(at);
        if (!waiter.is_over()) continue;
        waiter.unlink();
        look_soon();
        return waiter.resume();
    }
}

}  // namespace detail

AsyncWebSocket::AsyncWebSocket(Reactor& reactor, std::string_view url, WebSocketOptions options)
    : waiters_(reactor, options.observer), manager_(reactor, url, waiters_.listening(std::move(options))) {}

Task<bool> AsyncWebSocket::wait_for_reconnect_window(std::function<WindowAnswer()> should_reconnect,
                                                     std::optional<Duration> timeout) {
    constexpr std::string_view kOperation = "wait_for_reconnect_window";
    Reactor& loop = waiters_.reactor();
    const TimePoint end = timeout ? time_after(loop.now(), *timeout) : TimePoint::max();
    const auto is_closed = [this] { return state() == ConnectionState::closed; };
    const auto left_closing = [this] {
        return state() == ConnectionState::closing ? std::nullopt : std::optional(true);
    };
    const auto closed = [is_closed] { return is_closed() ? std::optional(true) : std::nullopt; };
    const bool in_time =
        co_await Until<bool, decltype(left_closing), true>(*this, left_closing, kOperation, timeout);
    if (!in_time || is_closed()) co_return false;
    while (true) {
        const auto step = manager_.ask_reconnect_window(should_reconnect);
        if (is_closed()) co_return false;
        if (step.kind == WindowPolicy::Step::Kind::connect) co_return true;
        const Duration pause = std::max(std::min(step.at, end) - loop.now(), Duration::zero());
        const bool has_ended = co_await Until<bool, decltype(closed), true>(*this, closed, kOperation, pause);
        if (has_ended || end < step.at) co_return false;
        if (step.kind == WindowPolicy::Step::Kind::connect_at) co_return true;
    }
}

}  // namespace pinwheel
