#include "reactor.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <system_error>
#include <tuple>
#include <utility>

#include "../core/cpu.h"
#include "turn_bounds.h"

namespace pinwheel {
namespace {

constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr int kInbox = -2;  // in place of a descriptor

}  // namespace

class Reactor::TurnScope {
  public:
    explicit TurnScope(Reactor& reactor) noexcept : reactor_(reactor) { reactor_.in_turn_ = true; }
    ~TurnScope() {
        reactor_.in_turn_ = false;
        if (reactor_.disposed_ != nullptr || !reactor_.garbage_.empty()) [[unlikely]]
            reactor_.drop_garbage();
    }
    TurnScope(const TurnScope&) = delete;
    TurnScope& operator=(const TurnScope&) = delete;

  private:
    Reactor& reactor_;
};

void IoWatch::stop() noexcept {
    if (reactor_ != nullptr) reactor_->forget(*this);
}

Reactor::Reactor(ReactorOptions options)
    : clock_(options.clock != nullptr ? *options.clock : steady_clock_),
      mode_(options.mode),
      direct_sockets_(std::min(options.direct_sockets, turn_bounds::kVisits)),
      idle_(options.idle),
      now_(clock_.now()),
      wheel_(now_, kTick),
      polls_(mode_ == ReactorMode::epoll) {
    const Errc refused = poller_.set(wakeup_.fd(), &wakeup_, {}, {.read = true});
    if (refused != Errc::ok) throw std::system_error(refused, "watching the wake-up descriptor");
}

Reactor::~Reactor() {
    drop_garbage();
}

inline int Reactor::visit(const std::vector<IoWatch*>& watches) {
    int work = 0;
    for (std::size_t i = 0; i < watches.size(); ++i) {  // a callback may add and remove watches
        IoWatch& watch = *watches[i];
        if (watch.interest_.any()) work += watch.callback_(watch.interest_, now_);
    }
    return work;
}

int Reactor::turn(Duration max_wait) {
    const TurnScope scope(*this);
    now_ = clock_.now();
    // A turn with one message and no other work makes one call, of the message's connection.
    int work = has_posted_.load(std::memory_order_relaxed) || !running_.empty() ? run_posted() : 0;
    work += wheel_.advance(now_, turn_bounds::kTimers, turn_bounds::kTimerMoves);
    if (!revisits_.alone() || !revisiting_.alone()) [[unlikely]]
        work += run_revisits();
    if (!sources_.empty()) [[unlikely]]
        work += visit_some(sources_);
    if (may_read_directly() && !polls_) [[likely]]
        return work + visit(watches_);
    // The caller must see the results of timers and posted calls before the loop sleeps.
    return work + run_sockets(work > 0 ? Duration::zero() : sleep_time(max_wait));
}

void Reactor::run() {
    run_until([this] { return stopped_.load(std::memory_order_relaxed); });
    stopped_.store(false, std::memory_order_relaxed);
}

void Reactor::turn_and_idle(Duration max_wait) {
    const int work = turn(max_wait);
    if (mode_ == ReactorMode::epoll) return;
    if (idle_ != nullptr)
        idle_->idle(work);
    else if (work == 0)
        relax();
}

void Reactor::stop() noexcept {
    stopped_.store(true, std::memory_order_relaxed);
    wakeup_.signal();
}

void Reactor::post(Handler<void()> work) {
    {
        const std::lock_guard lock(posted_mutex_);
        posted_.push_back(std::move(work));
    }
    has_posted_.store(true, std::memory_order_release);
    wakeup_.signal();
}

void Reactor::schedule_after(Timer& timer, Duration delay) noexcept {
    schedule(timer, time_after(now(), delay));
}

Errc Reactor::watch(IoWatch& watch, int fd, Interest interest) noexcept {
    watch.stop();
    watch.fd_ = fd;
    auto& list = list_of(watch);
    try {
        list.push_back(&watch);
    } catch (const std::bad_alloc&) {
        return Errc::out_of_memory;
    }
    const Errc refused = fd >= 0 && polls_ ? poller_.set(fd, &watch, {}, interest) : Errc::ok;
    if (refused != Errc::ok) {
        list.pop_back();
        return refused;
    }
    watch.reactor_ = this;
    watch.interest_ = interest;
    writers_ += interest.write ? 1U : 0U;
    watch.place_ = list.size() - 1;
    return Errc::ok;
}

Errc Reactor::watch_inbox(IoWatch& inbox) noexcept {
    const Errc refused = watch(inbox, kInbox, {.read = true});
    if (refused == Errc::ok) ++inboxes_;
    return refused;
}

void Reactor::change(IoWatch& watch, Interest interest) noexcept {
    if (interest == watch.interest_) return;
    if (watch.fd_ >= 0 && polls_ && poller_.set(watch.fd_, &watch, watch.interest_, interest) != Errc::ok)
        return revisit(watch);  // it asks for a revisit
    writers_ -= watch.interest_.write ? 1U : 0U;
    writers_ += interest.write ? 1U : 0U;
    watch.interest_ = interest;
}

bool Reactor::restore(IoWatch& watch) noexcept {
    return watch.active() && watch.fd_ >= 0 && polls_ && watch.interest_.any() &&
           poller_.restore(watch.fd_, &watch, watch.interest_);
}

void Reactor::revisit(IoWatch& watch) noexcept {
    if (watch.alone()) watch.insert_before(revisits_);
}

void Reactor::dispose(std::shared_ptr<void> garbage) noexcept {
    if (!in_turn_) return;
    try {
        garbage_.push_back(std::move(garbage));
    } catch (const std::bad_alloc&) {
        // A call of the object may be under way. Leak it rather than destroy it.
        alignas(std::shared_ptr<void>) std::array<std::byte, sizeof garbage> unowned;
        new (unowned.data()) std::shared_ptr<void>(std::move(garbage));
    }
}

void Reactor::keep(Disposable* garbage) noexcept {
    garbage->next_ = std::exchange(disposed_, garbage);
}

void Reactor::forget(IoWatch& watch) noexcept {
    if (watch.fd_ >= 0 && polls_) std::ignore = poller_.set(watch.fd_, &watch, watch.interest_, {});
    writers_ -= watch.interest_.write ? 1U : 0U;
    watch.interest_ = {};
    poller_.forget(&watch);
    if (watch.fd_ == kInbox) --inboxes_;
    auto& list = list_of(watch);
    list[watch.place_] = list.back();  // the last one may wait a turn
    list[watch.place_]->place_ = watch.place_;
    list.pop_back();
    watch.unlink();
    watch.reactor_ = nullptr;
}

void Reactor::leave_poller() noexcept {
    for (IoWatch* const watch : watches_) std::ignore = poller_.set(watch->fd_, watch, watch->interest_, {});
    polls_ = false;
}

/// Takes all or none of them: false if one was refused.
bool Reactor::enter_poller() noexcept {
    for (IoWatch* const watch : watches_) {
        if (poller_.set(watch->fd_, watch, {}, watch->interest_) == Errc::ok) continue;
        for (IoWatch* const entered : watches_) {
            if (entered == watch) return false;
            std::ignore = poller_.set(entered->fd_, entered, entered->interest_, {});
        }
    }
    return polls_ = true;
}

int Reactor::run_sockets(Duration sleep) {
    const bool directly = may_read_directly();
    if (directly && polls_) leave_poller();
    if (directly) return visit(watches_);
    if (!polls_ && !enter_poller()) return visit_some(watches_);
    return run_ready(sleep);
}

Duration Reactor::sleep_time(Duration max_wait) const noexcept {
    const bool work_waits = !revisits_.alone() || !revisiting_.alone() || sources_.size() > inboxes_ ||
                            disposed_ != nullptr || !garbage_.empty() || !running_.empty();
    if (mode_ == ReactorMode::busy_spin || max_wait <= Duration::zero() || work_waits)
        return Duration::zero();
    const auto due = wheel_.next_deadline();
    if (!due) return max_wait;
    return *due <= now_ ? Duration::zero() : std::min(*due - now_, max_wait);
}

int Reactor::run_posted() {
    // First the work left over by the bound or by an exception.
    const int work = run_running(turn_bounds::kPostedCalls);
    if (!running_.empty()) return work;
    if (has_posted_.load(std::memory_order_relaxed) &&
        has_posted_.exchange(false, std::memory_order_acquire)) {
        const std::lock_guard lock(posted_mutex_);
        running_.swap(posted_);
    }
    return work + run_running(turn_bounds::kPostedCalls - work);
}

int Reactor::run_running(int limit) {
    int work = 0;
    for (; work < limit && !running_.empty(); ++work) {
        const auto next = std::move(running_.front());
        running_.pop_front();
        next();
    }
    return work;
}

int Reactor::run_revisits() {
    int work = 0;
    if (revisiting_.alone()) revisiting_.take_over(revisits_);
    for (int left = turn_bounds::kRevisits; left > 0 && !revisiting_.alone(); --left) {
        auto& watch = static_cast<IoWatch&>(*revisiting_.next);
        watch.unlink();
        work += watch.callback_({.read = true}, now_);
    }
    return work;
}

/// The rest have their turn next time.
int Reactor::visit_some(const std::vector<IoWatch*>& watches) {
    int work = 0;
    for (std::size_t left = std::min(watches.size(), turn_bounds::kVisits); left > 0 && !watches.empty();
         --left) {
        if (next_visit_ >= watches.size()) next_visit_ = 0;
        IoWatch& watch = *watches[next_visit_++];
        if (watch.interest_.any()) work += watch.callback_(watch.interest_, now_);
    }
    return work;
}

int Reactor::run_ready(Duration sleep) {
    int work = 0;
    if (sleep > Duration::zero() && inboxes_ > 0) [[unlikely]] {
        asleep_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        work = visit(sources_);
    }
    poller_.wait(work > 0 ? Duration::zero() : sleep);
    if (sleep > Duration::zero()) {
        if (inboxes_ > 0) asleep_.store(false, std::memory_order_relaxed);
        now_ = clock_.now();
    }
    for (Poller::Ready ready; poller_.next(ready);) {
        if (ready.key == &wakeup_) {
            wakeup_.clear();
            continue;
        }
        auto& watch = *static_cast<IoWatch*>(ready.key);
        work += watch.callback_(ready.interest, now_);
    }
    return work;
}

void Reactor::drop_garbage() noexcept {
    while (disposed_ != nullptr || !garbage_.empty()) {
        // An object with a count may own the resources of those without, as a session owns its network.
        while (disposed_ != nullptr) delete std::exchange(disposed_, disposed_->next_);
        auto dropping = std::exchange(garbage_, {});
        for (auto& one : dropping) one.reset();
    }
}

}  // namespace pinwheel
