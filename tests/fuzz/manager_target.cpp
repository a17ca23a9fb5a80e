#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../../proto/session/manager.h"
#include "../support/frames.h"
#include "../support/require.h"
#include "../support/scripted_dialer.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kSecret = "s3cr3t-token";

/// A user's handler that throws.
struct FromHandler {};

/// A session over many connections: events of its server, calls of its user inside and outside of handlers,
/// and passing time. Invariants are checked at their places.
class LongSession {
  public:
    explicit LongSession(FuzzInput& input) : input_(input), options_(draw_options()), manager_(make()) {}

    void run() {
        while (!input_.empty() && manager_) {
            act();
            check();
        }
        calls_ = false;
        if (!manager_) return turn(seconds{1});
        guarded([this] { manager_->shutdown(); });
        for (int i = 0; i < 4; ++i) turn(seconds{3});
        check();
        require(manager_->state() == ConnectionState::closed && manager_->is_dead(),
                "not closed after shutdown()");
        require(!connected_, "closed without on_disconnect");
        const auto dials = dialer_.dials();
        turn(std::chrono::hours{1});
        require(dialer_.dials() == dials, "dialled after shutdown()");
        manager_.reset();
        turn(seconds{1});
        require(dialer_.under_way() == 0, "a dial is left behind");
    }

  private:
    WebSocketOptions draw_options() {
        WebSocketOptions options;
        options.dialer = &dialer_;
        options.auto_reconnect = !input_.flag();
        options.reconnect_strategy = static_cast<ReconnectStrategy>(1 + input_.below(4));
        options.max_reconnect_attempts = static_cast<std::uint32_t>(input_.below(4));
        options.reconnect_delay = WebSocketOptions::Seconds(static_cast<double>(input_.below(4)));
        options.ping_interval = WebSocketOptions::Seconds(static_cast<double>(input_.below(3)));
        options.ping_timeout = WebSocketOptions::Seconds(1);
        options.queue_size = static_cast<std::uint32_t>(input_.below(4));
        options.overflow = input_.flag() ? OverflowPolicy::backpressure : OverflowPolicy::drop_newest;
        options.deliver_to_ring = input_.flag();
        options.connection_lifetime = WebSocketOptions::Seconds(input_.flag() ? 400 : 0);
        options.jitter_seed = 1;
        options.max_message_size = std::size_t{1} << 16;
        options.send_buffer_limit = 4096;
        options.upgrade.headers = {{"X-Key", std::string(kSecret)}};
        if (input_.flag()) options.should_disconnect = [this] { return decide() == 1; };
        if (input_.flag()) options.should_reconnect = [this] { return answer(); };
        if (input_.flag()) options.on_message = [this](const Message& message) { on_message(message); };
        options.on_connect = [this] { on_connect(); };
        options.on_disconnect = [this](DisconnectReason) { on_disconnect(); };
        options.on_disconnect_alert = [this](DisconnectReason, std::uint64_t count) {
            require(count > 0, "an alert for nothing");
            in_handler();
        };
        options.on_alert = [this](std::string_view channel, std::string_view message, AlertContext context) {
            require(channel == "websocket", "the channel");
            check_text(message);
            for (const auto& field : context) check_text(field.value);
            in_handler();
        };
        return options;
    }
    std::unique_ptr<WebSocketManager> make() {
        plan_ahead();
        return std::make_unique<WebSocketManager>(
            reactor_, "ws://feed.example/stream?key=" + std::string(kSecret), options_);
    }

    static void check_text(std::string_view text) {
        require(text.find(kSecret) == std::string_view::npos, "a secret in a text");
        require(std::none_of(text.begin(), text.end(),
                             [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
                "no line of text");
    }

    std::uint64_t decide() { return calls_ ? input_.below(4) : 0; }
    WindowAnswer answer() {
        const auto choice = decide();
        if (choice == 3) throw FromHandler{};
        if (choice == 2) return seconds{2};
        return choice == 1;
    }

    void on_connect() {
        require(!connected_ && manager_->is_connected(), "on_connect out of order");
        connected_ = true;
        ++connects_;
        in_handler();
    }
    void on_disconnect() {
        require(connected_ && !manager_->is_connected(), "on_disconnect out of order");
        connected_ = false;
        ++disconnects_;
        in_handler();
    }
    void on_message(const Message& message) {
        require(connected_ && message.generation == connects_, "a message out of order");
        require(message.sequence > sequence_, "a sequence that goes back");
        sequence_ = message.sequence;
        in_handler();
    }

    /// A handler may make any call.
    void in_handler() {
        if (!calls_ || ++depth_ > 3) return;
        struct Leave {
            int& depth;
            ~Leave() { --depth; }
        } leave{depth_};
        const auto choice = input_.below(8);
        if (choice == 7) throw FromHandler{};
        if (choice == 6) call();
    }

    /// One call of the user.
    void call() {
        auto& manager = *manager_;
        switch (input_.below(16)) {
            case 0:
            case 1:
                return manager.connect();
            case 2:
                return manager.request_disconnect();
            case 3:
                return manager.request_disconnect(seconds{input_.below(4)}, DisconnectReason::scheduled);
            case 4:
                return manager.schedule_reconnect(seconds{input_.below(4)});
            case 5:
                return manager.close();
            case 6:
                return manager.kill();
            case 7:
                return manager.shutdown();
            case 8:
                return manager.force_close();
            case 9:
                return manager.subscribe("trades", "book");
            case 10:
                return manager.unsubscribe("book");
            case 11:
                return send(std::string(input_.size_below(8192), 's'));
            case 12:
                std::ignore = manager.try_send(input_.take(8));
                return;
            case 13:
                manager_.reset();
                return;
            case 14:
                return drain();
            default:
                manager.reset_stats();
                connects_before_ = connects_;
                disconnects_before_ = disconnects_;
        }
    }
    void send(const std::string& text) {
        const bool up = manager_->is_connected();
        const Errc refused = manager_->try_send(text);
        require(up == (refused != Errc::not_connected), "try_send and the state do not fit");
    }

    /// The consumer's end. The ring's records are in order, and every loss is reported.
    void drain() {
        if (!manager_ || (options_.on_message && !options_.deliver_to_ring)) return;
        auto& queue = manager_->queue();
        while (const auto* const record = queue.front()) {
            require(record->generation >= ring_generation_, "a generation that goes back");
            ring_generation_ = record->generation;
            if (record->kind == RecordKind::dropped) {
                require(record->count > 0, "a gap of nothing");
                ring_sequence_ += record->count;
            }
            if (record->kind == RecordKind::message)
                require(record->sequence == ++ring_sequence_, "a gap that was not told");
            queue.pop();
        }
    }

    void act() {
        switch (input_.below(12)) {
            case 0:
            case 1:
            case 2:
                if (auto* const script = current()) script->bytes(input_.take(1 + input_.size_below(128)));
                return turn(milliseconds{1});
            case 3:
                return turn(std::array<Duration, 4>{milliseconds{5}, milliseconds{700}, seconds{3},
                                                    seconds{35}}[input_.size_below(4)]);
            case 4:
                if (auto* const script = current()) script->end();
                return turn(milliseconds{1});
            case 5:
                if (auto* const script = current()) script->fail(Errc::connection_reset);
                return turn(milliseconds{1});
            case 6:
                if (auto* const script = current())
                    script->write_room = input_.flag() ? StreamScript::kUnlimited : input_.size_below(64);
                return;
            case 7: {
                auto& next = dialer_.at(planned_ - kAhead);
                const auto choice = input_.below(4);
                if (choice == 1) next.failure = Error{Errc::connection_refused, "refused"};
                if (choice == 2) next.answer = "HTTP/1.1 403 No\r\n\r\nbad " + std::string(kSecret);
                if (choice == 3) next.answer = std::string(input_.take(100));
                return;
            }
            case 8:
                calls_ = !calls_;
                return;
            default:
                return guarded([this] { call(); });
        }
    }

    /// The script of the newest stream; null if there is none.
    StreamScript* current() {
        return dialer_.dials() == 0 ? nullptr : &dialer_.at(dialer_.dials() - 1).script;
    }
    void plan_ahead() {
        for (; planned_ < dialer_.dials() + kAhead; ++planned_) dialer_.plan();
    }

    template <class Call>
    static void guarded(Call call) {
        try {
            call();
        } catch (const FromHandler&) {
        }
    }
    void turn(Duration time) {
        clock_.advance(time);
        for (int i = 0; i < 6; ++i) {
            plan_ahead();
            clock_.advance(milliseconds{1});
            guarded([this] { reactor_.poll(); });
        }
        plan_ahead();
    }

    void check() {
        if (!manager_) return;
        const auto state = manager_->state();
        require(!was_closed_ || state == ConnectionState::closed, "CLOSED was left");
        was_closed_ = state == ConnectionState::closed;
        require(!was_closed_ || manager_->is_shutdown(), "CLOSED without shutdown()");
        require(!connected_ || state == ConnectionState::connected || state == ConnectionState::closing,
                "the state and the notices do not fit");
        check_text(manager_->last_error().message());
        const auto stats = manager_->stats();
        require(stats.connects == connects_ - connects_before_, "the count of connects");
        require(stats.bytes_to_send <= *options_.send_buffer_limit + 1024, "too much to send");
    }

    static constexpr std::size_t kAhead = 8;

    FuzzInput& input_;
    ManualClock clock_;
    Reactor reactor_{{.clock = &clock_}};
    ScriptedDialer dialer_{reactor_};
    std::size_t planned_ = 0;
    bool calls_ = false;  // handlers make calls
    int depth_ = 0;
    bool connected_ = false;
    bool was_closed_ = false;
    std::uint64_t connects_ = 0;
    std::uint64_t disconnects_ = 0;
    std::uint64_t connects_before_ = 0;
    std::uint64_t disconnects_before_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t ring_sequence_ = 0;
    std::uint32_t ring_generation_ = 0;
    const WebSocketOptions options_;
    std::unique_ptr<WebSocketManager> manager_;
};

}  // namespace

void fuzz_manager(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    LongSession(input).run();
}

}  // namespace pinwheel::test
