#include "coroutine.h"

#include <algorithm>
#include <tuple>

#include "session/session.h"

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
    std::ignore = is_over();  // what came with this very turn still counts
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

void WaiterList::on_step(const SessionEvent::Any& event, const SessionFsm& after,
                         const SessionEffects& effects, TimePoint now) noexcept {
    if (next_ != nullptr) next_->on_step(event, after, effects, now);
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
    : WaiterList(reactor, options.observer), WebSocketManager(reactor, url, listening(std::move(options))) {}

Task<bool> AsyncWebSocket::wait_for_reconnect_window(std::function<WindowAnswer()> should_reconnect,
                                                     std::optional<Duration> timeout) {
    Reactor& loop = reactor();
    const auto session = session_;
    const auto& condition = should_reconnect ? should_reconnect : session->options().should_reconnect;
    if (!condition) co_return true;
    const WindowPolicy policy(session->settings().session.window);
    const TimePoint end = timeout ? time_after(loop.now(), *timeout) : TimePoint::max();
    while (true) {
        const auto step = policy.after(session->ask(condition), loop.now());
        if (step.kind == WindowPolicy::Step::Kind::connect) co_return true;
        co_await Sleep(loop, std::min(step.at, end) - loop.now());
        if (end < step.at) co_return false;
        if (step.kind == WindowPolicy::Step::Kind::connect_at) co_return true;
    }
}

}  // namespace pinwheel
