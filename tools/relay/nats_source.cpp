#include "nats_source.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "../../net/unique_fd.h"
#include "../../proto/websocket/frame_codec.h"
#include "../../proto/websocket/upgrade_server.h"

namespace pinwheel {
namespace {

constexpr std::string_view kControl = "._control";

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
    const std::size_t begin = out.size();
    out.resize(begin + frame_size(payload.size()));
    out.resize(begin + encode_frame(opcode, std::as_bytes(std::span(payload)), std::nullopt,
                                    std::as_writable_bytes(std::span(out)).subspan(begin)));
}

}  // namespace

/// The thread that reads from NATS, and its messages.
class NatsSource::Feeder {
  public:
    struct Item {
        SystemTime arrival{};
        std::string payload{};
    };

    Feeder(Reactor& reactor, const NatsReadOptions& options, std::shared_ptr<Tell> tell)
        : reactor_(reactor),
          options_(options),
          tell_(std::move(tell)),
          event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~Feeder() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        room_.notify_one();
        if (thread_.joinable()) thread_.join();
    }
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;

    /// `outcome` is called on the reactor's thread; empty: connected.
    void start(std::function<void(const std::string&)> outcome) {
        thread_ = std::thread([this, outcome = std::move(outcome)] { run(outcome); });
    }
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    /// False: no message now; fd() becomes readable with the next.
    [[nodiscard]] bool take(Item& item) {
        const std::lock_guard lock(mutex_);
        std::uint64_t count = 0;
        if (items_.empty()) std::ignore = ::read(event_.get(), &count, sizeof count);
        if (items_.empty()) return false;
        item = std::move(items_.front());
        items_.pop_front();
        bytes_ -= item.payload.size();
        room_.notify_one();
        return true;
    }
    [[nodiscard]] bool has_items() {
        const std::lock_guard lock(mutex_);
        return !items_.empty();
    }

  private:
    static constexpr std::size_t kMostItems = 65'536;
    static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

    void run(const std::function<void(const std::string&)>& outcome) {
        const auto say = [this](const std::string& text) {
            reactor_.post([tell = tell_, text] {
                if (*tell) (*tell)(text);
            });
        };
        std::optional<NatsReader> reader;
        try {
            reader.emplace(options_, [&](std::string_view text) { say(std::string(text)); });
        } catch (const std::exception& error) {
            reactor_.post([outcome, why = std::string(error.what())] { outcome(why); });
            return;
        }
        reactor_.post([outcome] { outcome({}); });
        const bool wants_control = options_.subject.ends_with(kControl);
        while (true) {
            {
                const std::lock_guard lock(mutex_);
                if (stopping_) return;
            }
            const NatsRecord* const record = reader->next(std::chrono::milliseconds{100});
            if (record == nullptr) continue;
            if (!wants_control && record->subject.ends_with(kControl))
                say(record->payload);
            else
                put({SystemTime{Duration{record->kernel_ns}}, record->payload});
        }
    }
    /// Waits for room. Meanwhile NATS keeps the messages, or drops this reader.
    void put(Item item) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return stopping_ || (items_.size() < kMostItems && bytes_ < kMostBytes); });
        bytes_ += item.payload.size();
        items_.push_back(std::move(item));
        const std::uint64_t one = 1;
        if (items_.size() == 1) std::ignore = ::write(event_.get(), &one, sizeof one);
    }

    Reactor& reactor_;
    const NatsReadOptions options_;
    const std::shared_ptr<Tell> tell_;
    const UniqueFd event_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<Item> items_;
    std::size_t bytes_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

/// The server's side of the upgrade, then the messages. A read brings messages with one time.
class NatsSource::Stream final : public ByteStream {
  public:
    explicit Stream(std::unique_ptr<Feeder> feeder) : feeder_(std::move(feeder)) {}

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        try {
            if (sent_ == out_.size()) produce();
        } catch (const std::bad_alloc&) {
            return IoResult::failed(Errc::out_of_memory);
        }
        if (sent_ == out_.size()) return is_over_ ? IoResult::end() : IoResult::again();
        const std::size_t count = std::min(out.size(), out_.size() - sent_);
        std::memcpy(out.data(), out_.data() + sent_, count);
        sent_ += count;
        return IoResult::done(count);
    }
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override {
        try {
            hear(in);
        } catch (const std::bad_alloc&) {
            return IoResult::failed(Errc::out_of_memory);
        }
        return IoResult::done(in.size());
    }
    void shutdown_write() noexcept override { is_over_ = true; }
    void abort() noexcept override {}
    [[nodiscard]] int fd() const noexcept override { return feeder_->fd(); }
    [[nodiscard]] StreamStatus status() const noexcept override {
        return {.arrival_time = arrival_,
                .has_buffered_input = sent_ < out_.size() || is_over_ || (upgraded_ && feeder_->has_items())};
    }

  private:
    void produce() {
        out_.clear();
        sent_ = 0;
        Feeder::Item item;
        if (!upgraded_ || is_over_ || !feeder_->take(item)) return;
        arrival_ = item.arrival;
        append_frame(out_, Opcode::text, item.payload);
    }
    void hear(std::span<const std::byte> in) {
        if (!upgraded_) {
            const auto outcome = upgrade_.feed(in);
            if (outcome.status == UpgradeStatus::need_more) return;
            out_ += upgrade_.response();
            is_over_ = outcome.status == UpgradeStatus::failed;
            upgraded_ = true;
            in = in.subspan(outcome.consumed);
        }
        decoder_.feed(in);
        for (auto status = decoder_.next(); status != FrameDecoder::Status::need_input;
             status = decoder_.next()) {
            if (status == FrameDecoder::Status::failed) {
                is_over_ = true;
                return;
            }
            const FrameChunk& chunk = decoder_.chunk();
            if (chunk.opcode != Opcode::ping && chunk.opcode != Opcode::close) continue;
            if (chunk.begins_frame) control_.clear();
            control_.append(reinterpret_cast<const char*>(chunk.data.data()), chunk.data.size());
            if (!chunk.ends_frame) continue;
            append_frame(out_, chunk.opcode == Opcode::ping ? Opcode::pong : Opcode::close, control_);
            is_over_ |= chunk.opcode == Opcode::close;
        }
    }

    const std::unique_ptr<Feeder> feeder_;
    server::UpgradeServer upgrade_;
    FrameDecoder decoder_{Role::server};
    std::string control_;  // payload of a control frame
    std::string out_;
    std::size_t sent_ = 0;
    SystemTime arrival_{};
    bool upgraded_ = false;
    bool is_over_ = false;
};

/// A dial that waits for the server.
class NatsSource::Pending final : public Dial {
  public:
    Pending(std::unique_ptr<Feeder> feeder, DialHandler& handler)
        : feeder_(std::move(feeder)), handler_(handler) {
        feeder_->start([self = std::weak_ptr(self_)](const std::string& why) {
            if (const auto pending = self.lock()) (*pending)->hear(why);
        });
    }

  private:
    void hear(const std::string& why) {
        if (!why.empty()) return handler_.on_dial_failed({Errc::connection_refused, why});
        handler_.on_dialed(std::make_unique<Stream>(std::move(feeder_)));
    }

    std::unique_ptr<Feeder> feeder_;
    DialHandler& handler_;
    const std::shared_ptr<Pending*> self_ = std::make_shared<Pending*>(this);
};

NatsSource::NatsSource(Reactor& reactor, NatsReadOptions options, Tell tell)
    : reactor_(reactor), options_(std::move(options)), tell_(std::make_shared<Tell>(std::move(tell))) {}

NatsSource::~NatsSource() {
    *tell_ = {};
}

std::unique_ptr<Dial> NatsSource::dial(const DialTarget& /*target*/, DialHandler& handler) {
    return std::make_unique<Pending>(std::make_unique<Feeder>(reactor_, options_, tell_), handler);
}

}  // namespace pinwheel
