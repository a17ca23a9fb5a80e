#include "relay.h"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "../../core/clock.h"
#include "../../core/idle_strategy.h"
#include "cnats_link.h"
#include "relay_pump.h"

namespace pinwheel {
namespace {

void block_signals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

RelayOptions checked(RelayOptions options) {
    static constexpr Duration kLeast = std::chrono::seconds{2};
    static constexpr Duration kMost = std::chrono::seconds{10};
    if (options.venue.empty()) throw std::invalid_argument("a relay wants the venue's name");
    if (!is_nats_prefix(options.prefix))
        throw std::invalid_argument("prefix '" + options.prefix + "' is not tokens such as md or eu.md");
    if (!options.stream.empty() && nats_token(options.stream) != options.stream)
        throw std::invalid_argument("stream '" + options.stream +
                                    "' has a character other than A-Z, 0-9, _ and -");
    if (options.duplicates < kLeast || options.duplicates > kMost)
        throw std::invalid_argument("the window of duplicates is 2 to 10 s");
    if (options.max_pending == 0 || options.max_pending_bytes == 0)
        throw std::invalid_argument("a relay wants room for pending messages");
    if (options.name.empty()) options.name = "relay";
    return options;
}

}  // namespace

struct Relay::Thread {
    Thread(MessageQueue& its_queue, RelayOptions its_options, Alert told, NatsLink* its_link)
        : options(checked(std::move(its_options))),
          alert(std::move(told)),
          own_link(its_link == nullptr ? std::make_unique<CnatsLink>(options) : nullptr),
          link(its_link == nullptr ? *own_link : *its_link),
          queue(its_queue),
          pump(
              queue, link, options, [this](ChannelId id) { return name_of(id); }, alert, clock.system_now()),
          thread([this] { run(); }) {}

    [[nodiscard]] ChannelName name_of(ChannelId id) const {
        const std::lock_guard lock(mutex);
        const auto found = names.find(id);
        return found != names.end() ? found->second : ChannelName{"channel", std::to_string(id)};
    }

    void run() noexcept {
        block_signals();
        while (!stopping.load(std::memory_order_acquire)) turn();
        const TimePoint deadline = time_after(clock.now(), options.drain_timeout);
        do turn();
        while (queue.front() != nullptr || (!pump.is_done() && pump.is_ready() && clock.now() < deadline));
        const RelayStats last = pump.stats(clock.now());
        if (last.pending > 0)
            lost = {Errc::send_buffer_full, std::to_string(last.pending) + " messages were not relayed"};
        link.disconnect();
        publish(last);
    }
    void turn() noexcept {
        const TimePoint now = clock.now();
        int work = 0;
        try {
            work = pump.turn(now);
            has_failed = false;
        } catch (const std::exception& error) {  // no memory: untaken records wait in the ring
            if (!std::exchange(has_failed, true) && alert)
                alert(std::string("the relay is held up: ") + error.what());
        }
        publish(pump.stats(now));
        const auto step = idle.next(work);
        if (step.action == BackoffIdle::Action::park) link.wait(step.park);
    }
    void publish(const RelayStats& now) {
        const std::lock_guard lock(mutex);
        stats = now;
    }

    const RelayOptions options;
    const Alert alert;
    SteadyClock clock;
    const std::unique_ptr<NatsLink> own_link;
    NatsLink& link;
    MessageQueue& queue;
    mutable std::mutex mutex;  // of the next two members
    RelayStats stats;
    std::map<ChannelId, ChannelName> names;
    RelayPump pump;
    BackoffIdle idle{{.spins = 0,
                      .yields = 0,
                      .min_park = std::chrono::microseconds{20},
                      .max_park = std::chrono::milliseconds{1}}};
    Error lost;
    bool has_failed = false;
    std::atomic<bool> stopping{false};
    std::thread thread;
};

Relay::Relay(MessageQueue& queue, RelayOptions options, Alert alert, NatsLink* link)
    : thread_(std::make_unique<Thread>(queue, std::move(options), std::move(alert), link)) {}

Relay::~Relay() {
    const Error lost = stop();
    if (lost.failed() && thread_->alert) thread_->alert(lost.message());
}

void Relay::name(ChannelId id, const ChannelName& name) {
    const std::lock_guard lock(thread_->mutex);
    thread_->names[id] = name;
}

Error Relay::stop() {
    if (!thread_->thread.joinable()) return {};
    thread_->stopping.store(true, std::memory_order_release);
    thread_->thread.join();
    return thread_->lost;
}

RelayStats Relay::stats() const {
    const std::lock_guard lock(thread_->mutex);
    return thread_->stats;
}

}  // namespace pinwheel
