// The path of a message from bytes in user space to its consumer, beside wslay's event layer on the same
// bytes.
#include <benchmark/benchmark.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "../core/clock.h"
#include "../core/histogram.h"
#include "../core/message_queue.h"
#include "../proto/delivery/callback_sink.h"
#include "../proto/delivery/queue_sink.h"
#include "../proto/websocket/message_assembler.h"
#include "support/frame_stream.h"

namespace pinwheel::bench {
namespace {

constexpr std::size_t kRead = std::size_t{13} << 10;

struct Tally {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    void add(std::size_t size) noexcept {
        ++messages;
        bytes += size;
    }
};

class ToCallback {
  public:
    void decode(std::span<const std::byte> read) {
        assembler_.feed(read);
        if (assembler_.run({}) != MessageAssembler::Progress::need_input) throw std::runtime_error("refused");
    }
    Tally tally;

  private:
    void on_message(const Message& message) {
        benchmark::DoNotOptimize(message.payload.data());
        tally.add(message.payload.size());
    }
    NoControl control_;
    CallbackSink sink_{CallbackSink::Callback::member<&ToCallback::on_message>(*this)};
    MessageAssembler assembler_{Role::client, std::size_t{64} << 20, sink_, control_};
};

/// The consumer on the same thread takes each batch.
class ToQueue {
  public:
    void decode(std::span<const std::byte> read) {
        assembler_.feed(read);
        if (assembler_.run({}) != MessageAssembler::Progress::need_input) throw std::runtime_error("refused");
        sink_.batch_end();
        while (const auto* const record = queue_.front()) {
            tally.add(record->size);
            queue_.pop();
        }
    }
    Tally tally;

  private:
    NoControl control_;
    MessageQueue queue_;
    QueueSink sink_{queue_, OverflowPolicy::drop_newest};
    MessageAssembler assembler_{Role::client, std::size_t{64} << 20, sink_, control_};
};

class WslayEvents {
  public:
    WslayEvents() {
        wslay_event_callbacks callbacks{};
        callbacks.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* out, std::size_t size,
                                     int, void* user) -> ssize_t {
            auto& input = static_cast<WslayEvents*>(user)->input_;
            const std::size_t count = std::min(size, input.size());
            if (count == 0) {
                wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
                return -1;
            }
            std::memcpy(out, input.data(), count);
            input = input.subspan(count);
            return static_cast<ssize_t>(count);
        };
        callbacks.on_msg_recv_callback = [](wslay_event_context_ptr,
                                            const wslay_event_on_msg_recv_arg* message, void* user) {
            benchmark::DoNotOptimize(message->msg);
            static_cast<WslayEvents*>(user)->tally.add(message->msg_length);
        };
        if (wslay_event_context_client_init(&context_, &callbacks, this) != 0) throw std::bad_alloc();
        wslay_event_config_set_max_recv_msg_length(context_, std::size_t{64} << 20);
    }
    ~WslayEvents() { wslay_event_context_free(context_); }
    WslayEvents(const WslayEvents&) = delete;
    WslayEvents& operator=(const WslayEvents&) = delete;

    void decode(std::span<const std::byte> read) {
        input_ = read;
        if (wslay_event_recv(context_) != 0) throw std::runtime_error("refused");
    }
    Tally tally;

  private:
    std::span<const std::byte> input_;
    wslay_event_context_ptr context_ = nullptr;
};

template <class Decoder>
void decode(benchmark::State& state, const FrameStream& stream) {
    {
        Decoder decoder;
        stream.in_reads_of(kRead, [&](auto read) { decoder.decode(read); });
        if (decoder.tally.messages != stream.messages() || decoder.tally.bytes != stream.payload_bytes())
            return state.SkipWithError("the messages are not those that were sent");
    }
    Decoder decoder;
    for (auto _ : state) stream.in_reads_of(kRead, [&](auto read) { decoder.decode(read); });
    state.SetItemsProcessed(static_cast<std::int64_t>(decoder.tally.messages));
    state.SetBytesProcessed(static_cast<std::int64_t>(decoder.tally.bytes));
    state.counters["ns/message"] =
        benchmark::Counter(static_cast<double>(decoder.tally.messages) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Decoder>
void decode_ascii(benchmark::State& state) {
    decode<Decoder>(state, FrameStream(static_cast<std::size_t>(state.range(0))));
}
template <class Decoder>
void decode_utf8(benchmark::State& state) {
    decode<Decoder>(state,
                    FrameStream(static_cast<std::size_t>(state.range(0)), std::size_t{64} << 10, false));
}

void sizes(benchmark::internal::Benchmark* bench) {
    bench->Arg(20)->Arg(128)->Arg(200)->Arg(1000)->Arg(4096)->Arg(16 << 10)->Arg(256 << 10);
}

BENCHMARK(decode_ascii<ToCallback>)->Apply(sizes);
BENCHMARK(decode_ascii<ToQueue>)->Apply(sizes);
BENCHMARK(decode_ascii<WslayEvents>)->Apply(sizes);
BENCHMARK(decode_utf8<ToCallback>)->Apply(sizes);
BENCHMARK(decode_utf8<WslayEvents>)->Apply(sizes);

/// A single message of 128 bytes: from its bytes in user space to the return of the handler that has the
/// view, without the clock's own time. `after_a_call`: after a system call, which evicts some of its data
/// from the caches.
void lone_message(benchmark::State& state, bool after_a_call) {
    const FrameStream stream(128, 1);
    ToCallback decoder;
    SteadyClock clock;
    Histogram clock_alone;
    Histogram latency;
    for (int i = 0; i < 10'000; ++i) {
        const TimePoint began = clock.now();
        clock_alone.record((clock.now() - began).count());
    }
    const auto overhead = static_cast<std::int64_t>(clock_alone.value_at(50));
    for (auto _ : state)
        stream.in_reads_of(kRead, [&](auto read) {
            if (after_a_call) benchmark::DoNotOptimize(::getppid());
            const TimePoint began = clock.now();
            decoder.decode(read);
            latency.record((clock.now() - began).count() - overhead);
        });
    if (std::cmp_not_equal(decoder.tally.messages, state.iterations()))
        return state.SkipWithError("a message was lost");
    state.counters["p50_ns"] = static_cast<double>(latency.value_at(50));
    state.counters["p99_ns"] = static_cast<double>(latency.value_at(99));
}
BENCHMARK_CAPTURE(lone_message, in_a_row, false);
BENCHMARK_CAPTURE(lone_message, after_a_system_call, true);

void encode_masked(benchmark::State& state) {
    const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
    std::string frame(frame_size(payload.size()), '\0');
    const auto out = std::as_writable_bytes(std::span(frame));
    std::uint32_t mask = 0x1d872b41;
    for (auto _ : state) {
        const auto size = encode_frame(Opcode::text, std::as_bytes(std::span(payload)), ++mask, out);
        if (size != frame.size()) return state.SkipWithError("the frame has a wrong size");
        benchmark::DoNotOptimize(frame.data());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * payload.size()));
}
BENCHMARK(encode_masked)->Apply(sizes);

void encode_masked_by_wslay(benchmark::State& state) {
    const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
    std::string frame;
    frame.reserve(frame_size(payload.size()));
    wslay_frame_callbacks callbacks{};
    callbacks.send_callback = [](const std::uint8_t* data, std::size_t size, int, void* out) -> ssize_t {
        static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
        return static_cast<ssize_t>(size);
    };
    callbacks.genmask_callback = [](std::uint8_t* mask, std::size_t size, void*) {
        std::memset(mask, 0x5a, size);
        return 0;
    };
    wslay_frame_context_ptr context = nullptr;
    if (wslay_frame_context_init(&context, &callbacks, &frame) != 0) throw std::bad_alloc();
    const std::unique_ptr<wslay_frame_context, decltype(&wslay_frame_context_free)> owner(
        context, &wslay_frame_context_free);
    for (auto _ : state) {
        frame.clear();
        wslay_frame_iocb send{};
        send.fin = 1;
        send.opcode = WSLAY_TEXT_FRAME;
        send.mask = 1;
        send.payload_length = send.data_length = payload.size();
        send.data = reinterpret_cast<const std::uint8_t*>(payload.data());
        if (wslay_frame_send(context, &send) != static_cast<ssize_t>(payload.size()) ||
            frame.size() != frame_size(payload.size()))
            return state.SkipWithError("the frame has a wrong size");
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * payload.size()));
}
BENCHMARK(encode_masked_by_wslay)->Apply(sizes);

}  // namespace
}  // namespace pinwheel::bench

BENCHMARK_MAIN();
