#include "nats_reader.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>

#include "../../core/clock.h"
#include "nats_names.h"
#include "nats_options.h"
#include "seen_ids.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMostIds = 65'536;
/// A relay that lags more publishes nothing to live subscribers.
constexpr Duration kRepeats = std::chrono::seconds{10};
constexpr Duration kHeartbeat = std::chrono::seconds{2};
constexpr int kMissedHeartbeats = 3;
constexpr Duration kLongestDelay = std::chrono::seconds{2};

std::string header_of(natsMsg* message, const char* name) {
    const char* value = nullptr;
    return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : "";
}

template <class Number>
Number number_of(const std::string& text) noexcept {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::int64_t wait_ms(Duration duration) noexcept {
    return std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

struct NatsReader::Impl {
    Impl(const NatsReadOptions& its_options, Alert told)
        : options(its_options),
          alert(std::move(told)),
          settings(make_nats_options(options.server)),
          start_time(options.since) {
        connect();
        if (options.last) collect_last(*options.last);
    }

    // Connections. Failures throw std::runtime_error.

    void connect() {
        close();
        natsConnection* made = nullptr;
        require(natsConnection_Connect(&made, settings.get()));
        connection.reset(made);
        if (!options.is_from_stream()) {
            subscribe(options.subject);
            return;
        }
        jsCtx* context = nullptr;
        require(natsConnection_JetStream(&context, made, nullptr));
        jetstream.reset(context);
        find_stream();
        if (!options.last || next_sequence != 0) follow_stream();
    }
    void close() noexcept {
        subscription.reset();
        jetstream.reset();
        connection.reset();
    }
    void require(natsStatus status) {
        if (status != NATS_OK) throw std::runtime_error(nats_error(options.server, status));
    }
    void subscribe(const std::string& subject) {
        natsSubscription* made = nullptr;
        require(natsConnection_SubscribeSync(&made, connection.get(), subject.c_str()));
        subscription.reset(made);
        require(natsConnection_FlushTimeout(connection.get(), wait_ms(options.server.connect_timeout)));
    }
    void find_stream() {
        stream = options.stream;
        if (!stream.empty()) return;
        jsOptions filter;
        jsOptions_Init(&filter);
        filter.Stream.Info.SubjectsFilter = options.subject.c_str();
        jsStreamNamesList* names = nullptr;
        const natsStatus status = js_StreamNames(&names, jetstream.get(), &filter, nullptr);
        if (status == NATS_OK && names->Count > 0) stream = names->List[0];
        jsStreamNamesList_Destroy(names);
        if (stream.empty())
            throw std::runtime_error(shown_url(options.server.url) + ": no stream captures '" +
                                     options.subject + "'; a relay makes one by --stream");
    }
    /// A push consumer in the server's memory, behind the last message that was read.
    void follow_stream() {
        natsInbox* inbox = nullptr;
        require(natsInbox_Create(&inbox));
        const std::string subject(inbox);
        natsInbox_Destroy(inbox);
        subscribe(subject);
        require(natsSubscription_SetPendingLimits(subscription.get(), -1, kMostPendingBytes));
        jsConsumerConfig consumer;
        jsConsumerConfig_Init(&consumer);
        consumer.DeliverSubject = subject.c_str();
        consumer.AckPolicy = js_AckNone;
        consumer.MaxDeliver = 1;
        consumer.Heartbeat = kHeartbeat.count();
        consumer.MemoryStorage = true;
        consumer.DeliverPolicy = options.last || !start_time ? js_DeliverNew : js_DeliverAll;
        if (next_sequence != 0) {
            consumer.DeliverPolicy = js_DeliverByStartSequence;
            consumer.OptStartSeq = next_sequence;
        } else if (start_time > SystemTime{}) {
            consumer.DeliverPolicy = js_DeliverByStartTime;
            consumer.OptStartTime = start_time->time_since_epoch().count();
        }
        jsConsumerInfo* info = nullptr;
        const natsStatus status =
            js_AddConsumer(&info, jetstream.get(), stream.c_str(), &consumer, nullptr, nullptr);
        jsConsumerInfo_Destroy(info);
        require(status);
        delivered = 0;
        silent = {};
    }

    /// The newest messages of the subject: goes back far enough for this many.
    void collect_last(std::uint64_t count) {
        jsStreamInfo* info = nullptr;
        const natsStatus status = js_GetStreamInfo(&info, jetstream.get(), stream.c_str(), nullptr, nullptr);
        const std::uint64_t first = status == NATS_OK ? info->State.FirstSeq : 0;
        const std::uint64_t end = status == NATS_OK ? info->State.LastSeq : 0;
        const bool is_empty = status == NATS_OK && info->State.Msgs == 0;
        jsStreamInfo_Destroy(info);
        require(status);
        for (std::uint64_t back = std::max<std::uint64_t>(count, 1); !is_empty && count > 0; back *= 4) {
            next_sequence = end - first >= back ? end - back + 1 : first;
            const bool is_all = next_sequence == first;
            collected.clear();
            follow_stream();
            while (next_sequence <= end) {
                if (!read(kHeartbeat * kMissedHeartbeats)) throw std::runtime_error("the stream is silent");
                if (current.stream_sequence == 0 || !is_wanted()) continue;
                collected.push_back(std::move(current));
                if (collected.size() > count) collected.pop_front();
            }
            if (is_all || collected.size() >= count) break;
        }
        next_sequence = end + 1;
        follow_stream();
    }

    // Messages.

    /// Reads one message into `current`; false: none came. A heartbeat has no sequence.
    bool read(Duration most) {
        natsMsg* got = nullptr;
        const natsStatus status = natsSubscription_NextMsg(&got, subscription.get(), wait_ms(most));
        const NatsPtr<natsMsg> message(got);
        current = {};
        if (status == NATS_TIMEOUT) {
            silent += most;
            if (options.is_from_stream() && silent > kHeartbeat * kMissedHeartbeats)
                throw std::runtime_error(shown_url(options.server.url) + ": the stream is silent");
            return false;
        }
        if (status != NATS_OK && status != NATS_SLOW_CONSUMER) require(status);
        if (status == NATS_SLOW_CONSUMER) {  // reported once; a stream is read again from there
            if (options.is_from_stream()) follow_stream();
            return false;
        }
        silent = {};
        if (options.is_from_stream() && !see_sequence(got)) return true;
        current.payload.assign(natsMsg_GetData(got), static_cast<std::size_t>(natsMsg_GetDataLength(got)));
        current.subject = live_subject(natsMsg_GetSubject(got), options.server.prefix);
        current.is_late = current.subject != natsMsg_GetSubject(got);
        current.id = header_of(got, "Nats-Msg-Id");
        current.kernel_ns = number_of<std::int64_t>(header_of(got, "Pw-Kernel-Ns"));
        current.generation = number_of<std::uint64_t>(header_of(got, "Pw-Generation"));
        return true;
    }
    /// False: a heartbeat, or messages before it are missing.
    bool see_sequence(natsMsg* message) {
        jsMsgMetaData* told = nullptr;
        if (natsMsg_GetMetaData(&told, message) != NATS_OK) return false;
        const auto in_stream = told->Sequence.Stream;
        const auto in_consumer = told->Sequence.Consumer;
        jsMsgMetaData_Destroy(told);
        if (in_consumer != delivered + 1) {
            follow_stream();
            return false;
        }
        delivered = in_consumer;
        next_sequence = in_stream + 1;
        current.stream_sequence = in_stream;
        return true;
    }
    [[nodiscard]] bool is_wanted() {
        if (options.is_from_stream())
            return current.stream_sequence != 0 && covers_subject(options.subject, current.subject);
        return current.id.empty() || !seen.see(current.id, clock.now());
    }

    const NatsRecord* next(Duration most) {
        if (!collected.empty()) {
            current = std::move(collected.front());
            collected.pop_front();
            return &current;
        }
        try {
            if (!connection) {
                std::this_thread::sleep_for(std::min(most, delay));
                delay = std::min(2 * delay, kLongestDelay);
                connect();
                ++reconnects;
                if (alert) alert("reading again");
            }
            if (!read(most)) return nullptr;
            delay = kFirstDelay;
            return is_wanted() ? &current : nullptr;
        } catch (const std::runtime_error& error) {
            if (connection && alert) alert(std::string(error.what()) + "; connecting again");
            close();
            return nullptr;
        }
    }

    static constexpr int kMostPendingBytes = 64 << 20;
    static constexpr Duration kFirstDelay = std::chrono::milliseconds{100};

    const NatsReadOptions options;
    const Alert alert;
    const NatsPtr<natsOptions> settings;
    const std::optional<SystemTime> start_time;
    NatsPtr<natsConnection> connection;
    NatsPtr<jsCtx> jetstream;
    NatsPtr<natsSubscription> subscription;
    std::string stream;
    std::uint64_t next_sequence = 0;  // of the stream; 0: unknown
    std::uint64_t delivered = 0;      // by this consumer
    Duration silent{};
    Duration delay = kFirstDelay;
    std::deque<NatsRecord> collected;
    NatsRecord current;
    SteadyClock clock;
    SeenIds seen{kMostIds, kRepeats};
    std::uint64_t reconnects = 0;
};

NatsReader::NatsReader(const NatsReadOptions& options, Alert alert)
    : impl_(std::make_unique<Impl>(options, std::move(alert))) {}

NatsReader::~NatsReader() = default;

const NatsRecord* NatsReader::next(Duration most) {
    return impl_->next(most);
}

std::uint64_t NatsReader::reconnects() const noexcept {
    return impl_->reconnects;
}

}  // namespace pinwheel
