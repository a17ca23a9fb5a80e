#include "recorder.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "../../core/clock.h"
#include "../../core/idle_strategy.h"
#include "../delivery/prometheus_family_impl.h"
#include "../session/websocket_error.h"
#include "record_pump.h"

namespace pinwheel {
namespace {

FileCalls& system_calls() {
    static FileCalls calls;
    return calls;
}

/// Signals are for the program's threads. A file beyond its size limit is an error, not a signal.
void block_signals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct Recorder::Thread {
    Thread(MessageQueue& queue, RecordOptions options, Alert told, FileCalls& calls)
        : alert(std::move(told)), writer(std::move(options), calls, alert), pump(queue, writer) {
        if (const Error error = writer.open(now()); error.failed()) throw WebSocketError(error);
        publish(now());
        thread = std::thread([this] { run(); });
    }

    [[nodiscard]] Moment now() noexcept { return {clock.now(), clock.system_now()}; }

    void run() noexcept {
        block_signals();
        BackoffIdle idle({.spins = 0,
                          .yields = 0,
                          .min_park = std::chrono::microseconds{50},
                          .max_park = std::chrono::milliseconds{5}});
        while (!stopping.load(std::memory_order_acquire)) idle.idle(turn());
        while (turn() > 0) {
        }
        try {
            pump.drain_notes(now());
            lost = writer.close(now(), pump.waiting());
        } catch (const std::exception& error) {
            lost = {Errc::out_of_memory, writer.path() + ": the end is lost: " + error.what()};
        }
        publish(now());
    }
    [[nodiscard]] int turn() noexcept {
        const Moment at = now();
        int work = 0;
        try {
            work = pump.turn(at);
            has_failed = false;
        } catch (const std::exception& error) {  // no memory: untaken records wait in the ring
            if (!std::exchange(has_failed, true) && alert)
                alert(writer.path() + ": the recording is held up: " + error.what());
        }
        publish(at);
        return work;
    }
    void publish(const Moment& at) {
        const std::lock_guard lock(mutex);
        stats = writer.stats(at);
        stats.dropped += pump.lost_notes();
        if (path != writer.path()) path = writer.path();
    }

    /// False in a child that was forked after the construction: the thread is the parent's.
    [[nodiscard]] bool is_own_process() const noexcept { return ::getpid() == process; }

    const pid_t process = ::getpid();
    const Alert alert;
    SteadyClock clock;
    RecordWriter writer;
    RecordPump pump;
    Error lost;
    bool has_failed = false;
    std::atomic<bool> stopping{false};
    mutable std::mutex mutex;  // of the next two members
    RecordStats stats;
    std::string path;
    std::thread thread;
};

Recorder::Recorder(MessageQueue& queue, RecordOptions options, Alert alert, FileCalls* calls)
    : thread_(std::make_unique<Thread>(queue, std::move(options), std::move(alert),
                                       calls != nullptr ? *calls : system_calls())) {}

Recorder::~Recorder() {
    if (!thread_->is_own_process()) {
        std::ignore = thread_.release();  // the fork may have caught the thread in the middle of a change
        return;
    }
    const Error lost = stop();
    if (lost.failed() && thread_->alert) thread_->alert(lost.message());
}

Error Recorder::stop() {
    if (!thread_->is_own_process() || !thread_->thread.joinable()) return {};
    thread_->stopping.store(true, std::memory_order_release);
    thread_->thread.join();
    return thread_->lost;
}

void Recorder::sent(const SentMessage& message) noexcept {
    thread_->pump.put_sent(message);
}

void Recorder::gap(std::string_view text, const RecordPlace& place, SystemTime time) noexcept {
    thread_->pump.put_text(LineKind::gap, text, place, time);
}

void Recorder::leg(std::string_view text, const RecordPlace& place, SystemTime time) noexcept {
    thread_->pump.put_text(LineKind::leg, text, place, time);
}

RecordStats Recorder::stats() const {
    const std::lock_guard lock(thread_->mutex);
    return thread_->stats;
}

std::string Recorder::path() const {
    const std::lock_guard lock(thread_->mutex);
    return thread_->path;
}

void append_prometheus(std::string& out, const RecordStats& stats, std::string_view labels) {
    const LabelledRecordStats one{stats, labels};
    append_prometheus(out, std::span(&one, 1));
}

void append_prometheus(std::string& out, std::span<const LabelledRecordStats> all) {
    if (all.empty()) return;
    const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        detail::PrometheusFamily samples(out, name, type, help);
        for (const auto& one : all) samples.sample("", one.labels, "", value(one.stats));
    };
    const auto counter = [&](std::string_view name, std::string_view help,
                             std::uint64_t RecordStats::*value) {
        family(name, "counter", help, [&](const RecordStats& stats) { return stats.*value; });
    };
    using Stats = RecordStats;
    counter("pinwheel_record_messages_total", "Messages written to the recording.", &Stats::messages);
    counter("pinwheel_record_payload_bytes_total", "Payload of those messages.", &Stats::bytes);
    counter("pinwheel_record_dropped_total", "Messages that are missing in the recording.", &Stats::dropped);
    counter("pinwheel_record_line_bytes_total", "Lines written, before compression.", &Stats::raw_bytes);
    counter("pinwheel_record_written_bytes_total", "Frames written, compressed.", &Stats::written_bytes);
    counter("pinwheel_record_files_total", "Files created or reopened.", &Stats::files);
    counter("pinwheel_record_write_failures_total", "Tries to write that failed.", &Stats::write_failures);
    counter("pinwheel_record_sync_failures_total", "Calls of fdatasync that failed.", &Stats::sync_failures);
    counter("pinwheel_record_unsafe_bytes_total", "Bytes that a failed fdatasync was to cover.",
            &Stats::unsafe_bytes);
    family("pinwheel_record_lag_seconds", "gauge", "Age of the oldest message that is not written.",
           [](const Stats& stats) { return std::chrono::duration<double>(stats.lag).count(); });
    family("pinwheel_record_stopped", "gauge", "1 while the disk accepts no data.",
           [](const Stats& stats) { return stats.is_stopped ? 1 : 0; });
}

}  // namespace pinwheel
