#include "replay_source.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/bytes.h"
#include "../policy/disconnect_reason.h"
#include "../websocket/close_frame.h"
#include "../websocket/frame_codec.h"
#include "../websocket/upgrade_server.h"

namespace pinwheel {
namespace {

/// Reserved bits without a negotiated extension: the client ends the connection with protocol_error.
constexpr std::string_view kBrokenFrame("\xf1\x00", 2);
/// The most messages with one time that share a read.
constexpr std::size_t kMostAhead = std::size_t{64} << 10;

void append_frame(std::string& out, Opcode opcode, std::span<const std::byte> payload) {
    const std::size_t begin = out.size();
    out.resize(begin + frame_size(payload.size()));
    out.resize(begin + encode_frame(opcode, payload, std::nullopt,
                                    std::as_writable_bytes(std::span(out)).subspan(begin)));
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
    append_frame(out, Opcode::close, write_close({code, reason}).bytes());
}

}  // namespace

/// The recording and its current place. Streams share it and may outlive the source.
class ReplaySource::Player {
  public:
    Player(Reactor& reactor, RecordReader reader, std::optional<SystemTime> until)
        : reactor_(reactor), reader_(std::move(reader)), until_(until) {
        advance();
        if (line_ != nullptr) first_ = line_->time;
        begin_ = reactor.now();
    }

    /// Null: the recording has ended.
    [[nodiscard]] const RecordLine* line() const noexcept { return line_; }
    /// Moves to the next line that is played.
    void advance() {
        do line_ = reader_.next();
        while (line_ != nullptr && line_->kind != LineKind::message && line_->kind != LineKind::connected &&
               line_->kind != LineKind::disconnected);
        if (line_ != nullptr && until_ && line_->time >= *until_) line_ = nullptr;
    }
    [[nodiscard]] TimePoint due() const noexcept {
        return line_ != nullptr ? begin_ + (line_->time - first_) : TimePoint::max();
    }
    [[nodiscard]] bool is_due() const noexcept { return line_ != nullptr && due() <= reactor_.turn_time(); }
    [[nodiscard]] SystemTime first() const noexcept { return first_; }
    [[nodiscard]] const RecordSummary& summary() const noexcept { return reader_.summary(); }
    [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }
    void rebase(TimePoint begin) noexcept { begin_ = begin; }

    [[nodiscard]] TimePoint next_due(TimePoint now) const noexcept;

    Stream* stream = nullptr;       // the stream that plays now
    const Pending* dial = nullptr;  // the waiting dial

  private:
    Reactor& reactor_;
    RecordReader reader_;
    const std::optional<SystemTime> until_;
    const RecordLine* line_ = nullptr;
    SystemTime first_{};
    TimePoint begin_{};
};

/// One connection: a server's side of the upgrade, then the recorded messages.
class ReplaySource::Stream final : public ByteStream, private StreamDetails {
  public:
    explicit Stream(std::shared_ptr<Player> player) : player_(std::move(player)) { player_->stream = this; }
    ~Stream() override {
        if (player_->stream == this) player_->stream = nullptr;
    }

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        filled_ = false;
        if (sent_ == out_.size()) {
            if (end_ != End::none) return finish();
            try {
                produce();
            } catch (const std::bad_alloc&) {
                return IoResult::failed(Errc::out_of_memory);
            }
            if (sent_ == out_.size()) return end_ != End::none ? finish() : IoResult::again();
        }
        const std::size_t count = std::min(out.size(), out_.size() - sent_);
        std::memcpy(out.data(), out_.data() + sent_, count);
        sent_ += count;
        filled_ = count == out.size();
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
    void shutdown_write() noexcept override { end_now(End::eof); }
    void abort() noexcept override {}
    [[nodiscard]] int fd() const noexcept override { return -1; }
    [[nodiscard]] StreamStatus status() const noexcept override {
        return {.arrival_time = arrival_, .has_buffered_input = is_busy(), .filled = filled_};
    }
    [[nodiscard]] StreamDetails& details() noexcept override { return *this; }

    /// True if a read or an answer of the client must come before time moves on.
    [[nodiscard]] bool is_busy() const noexcept {
        return !finished_ &&
               (!upgraded_ || closing_ || sent_ < out_.size() || end_ != End::none || has_due());
    }

  private:
    enum class End : std::uint8_t { none, eof, reset };

    [[nodiscard]] TlsInfo tls_info() const override { return {.version = "replay", .verified = true}; }
    [[nodiscard]] bool is_active() const noexcept { return player_->stream == this; }
    [[nodiscard]] bool has_due() const noexcept {
        return is_active() && (player_->is_due() || player_->line() == nullptr);
    }
    void end_now(End how) noexcept {
        if (end_ == End::none) end_ = how;
    }
    [[nodiscard]] IoResult finish() noexcept {
        finished_ = true;
        if (is_active()) player_->stream = nullptr;
        return end_ == End::eof ? IoResult::end() : IoResult::failed(Errc::connection_reset);
    }

    void hear(std::span<const std::byte> in) {
        if (!upgraded_) {
            const auto outcome = upgrade_.feed(in);
            if (outcome.status == UpgradeStatus::need_more) return;
            out_ += upgrade_.response();
            if (outcome.status == UpgradeStatus::failed) return end_now(End::eof);
            upgraded_ = true;
            in = in.subspan(outcome.consumed);
        }
        decoder_.feed(in);
        for (auto status = decoder_.next(); status != FrameDecoder::Status::need_input;
             status = decoder_.next()) {
            if (status == FrameDecoder::Status::failed) return end_now(End::reset);
            on_chunk(decoder_.chunk());
        }
    }
    void on_chunk(const FrameChunk& chunk) {
        if (chunk.opcode != Opcode::ping && chunk.opcode != Opcode::close) return;
        if (chunk.begins_frame) control_.clear();
        control_ += chars_of(chunk.data);
        if (!chunk.ends_frame) return;
        if (chunk.opcode == Opcode::ping && !is_silent())
            append_frame(out_, Opcode::pong, std::as_bytes(std::span(control_)));
        if (chunk.opcode != Opcode::close) return;
        if (!closing_) append_frame(out_, Opcode::close, std::as_bytes(std::span(control_)));
        closing_ = false;
        end_now(End::eof);
    }
    /// The peer answered no ping before this end.
    [[nodiscard]] bool is_silent() const noexcept {
        const RecordLine* const line = player_->line();
        return is_active() && line != nullptr && line->kind == LineKind::disconnected &&
               line->reason == static_cast<std::uint8_t>(DisconnectReason::ping_timeout);
    }

    /// Puts the next due part into the buffer: messages with one time, or the end.
    void produce() {
        out_.clear();
        sent_ = 0;
        if (!upgraded_ || closing_ || !has_due()) return;
        const RecordLine* line = player_->line();
        if (line == nullptr) {
            append_close(out_, to_wire(CloseCode::normal), "the recording is over");
            closing_ = true;
            return;
        }
        if (line->kind == LineKind::message) {
            const SystemTime time = line->time;
            arrival_ = line->kernel_time ? time : SystemTime{};
            while (line != nullptr && line->kind == LineKind::message && line->time == time &&
                   out_.size() < kMostAhead) {
                append_frame(out_, line->is_text ? Opcode::text : Opcode::binary, line->payload);
                player_->advance();
                line = player_->line();
            }
            return;
        }
        if (line->kind == LineKind::connected) return end_now(End::reset);  // the end was not recorded
        play_end(*line);
        player_->advance();
    }
    void play_end(const RecordLine& line) {
        switch (static_cast<DisconnectReason>(line.reason)) {
            case DisconnectReason::network_error:
            case DisconnectReason::killed:
            case DisconnectReason::ping_timeout:  // unless the client has detected that itself
                return end_now(End::reset);
            case DisconnectReason::protocol_error:
                out_ += kBrokenFrame;
                closing_ = true;
                return;
            case DisconnectReason::user_requested:
            case DisconnectReason::scheduled:
            case DisconnectReason::callback_triggered:
            case DisconnectReason::connection_limit:
            case DisconnectReason::server_closed:
                break;
        }
        const bool can_be_sent = is_wire_close_code(line.code) || line.code == to_wire(CloseCode::no_status);
        append_close(out_, can_be_sent ? line.code : to_wire(CloseCode::normal), line.text);
        closing_ = true;
    }

    const std::shared_ptr<Player> player_;
    server::UpgradeServer upgrade_;
    FrameDecoder decoder_{Role::server};
    std::string control_;  // payload of a control frame
    std::string out_;
    std::size_t sent_ = 0;
    SystemTime arrival_{};
    bool upgraded_ = false;
    bool closing_ = false;  // the client must answer
    bool filled_ = false;
    bool finished_ = false;
    End end_ = End::none;
};

/// A dial that waits for a recorded connection.
class ReplaySource::Pending final : public Dial {
  public:
    Pending(std::shared_ptr<Player> player, DialHandler& handler)
        : player_(std::move(player)), handler_(handler) {
        player_->dial = this;
        static_cast<void>(player_->reactor().watch(watch_, -1, {.read = true}));
    }
    ~Pending() override {
        if (player_->dial == this) player_->dial = nullptr;
    }
    [[nodiscard]] Error waiting_for() const override {
        return {Errc::connect_timeout, "no connection was recorded at this time"};
    }

  private:
    int on_turn(Interest, TimePoint) {
        while (player_->line() != nullptr && player_->line()->kind == LineKind::disconnected &&
               player_->is_due())
            player_->advance();  // of a connection that the client has ended itself
        const RecordLine* const line = player_->line();
        if (line != nullptr && !player_->is_due()) return 0;
        watch_.stop();
        player_->dial = nullptr;
        if (line == nullptr) {
            handler_.on_dial_failed({Errc::invalid_state, "the recording is over"});
            return 1;
        }
        if (line->kind == LineKind::connected) player_->advance();
        handler_.on_dialed(std::make_unique<Stream>(player_));
        return 1;
    }

    const std::shared_ptr<Player> player_;
    DialHandler& handler_;
    IoWatch watch_{IoWatch::Callback::member<&Pending::on_turn>(*this)};
};

TimePoint ReplaySource::Player::next_due(TimePoint now) const noexcept {
    if (stream != nullptr && stream->is_busy()) return now;
    TimePoint next = stream != nullptr || dial != nullptr ? due() : TimePoint::max();
    if (const auto timer = reactor_.next_deadline()) next = std::min(next, *timer);
    return next == TimePoint::max() ? now : next;
}

ReplaySource::ReplaySource(Reactor& reactor, ReplayClock& clock, RecordReader reader,
                           std::optional<SystemTime> until)
    : player_(std::make_shared<Player>(reactor, std::move(reader), until)), clock_(&clock) {
    clock.begin(player_->first(), ReplayClock::NextDue::member<&Player::next_due>(*player_));
    player_->rebase(reactor.now());
}

ReplaySource::ReplaySource(Reactor& reactor, RecordReader reader, std::optional<SystemTime> until)
    : player_(std::make_shared<Player>(reactor, std::move(reader), until)) {}

ReplaySource::~ReplaySource() {
    if (clock_ != nullptr) clock_->end();
}

std::unique_ptr<Dial> ReplaySource::dial(const DialTarget& /*target*/, DialHandler& handler) {
    return std::make_unique<Pending>(player_, handler);
}

bool ReplaySource::over() const noexcept {
    return player_->line() == nullptr && player_->stream == nullptr;
}

const RecordSummary& ReplaySource::summary() const noexcept {
    return player_->summary();
}

}  // namespace pinwheel
