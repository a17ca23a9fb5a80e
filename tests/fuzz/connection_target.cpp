#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../../core/record.h"
#include "../../proto/websocket/connection.h"
#include "../../proto/websocket/frame_codec.h"
#include "../support/frames.h"
#include "../support/require.h"
#include "../support/scripted_dialer.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A user's handler that throws.
struct FromHandler {};

/// A connection between a scripted stream and a user with random calls. Invariants are checked at their
/// places.
class Session final : public ConnectionHandler, public MessageSink {
  public:
    explicit Session(FuzzInput& input) : input_(input) {
        if (input_.below(8) == 7) plan_.failure = Error{Errc::connection_refused, "refused"};
        if (input_.below(4) == 3) plan_.answer = std::string(input_.take(input_.size_below(1024)));
        plan_.accepts = input_.below(16) != 15;
        connection_.start(url());
    }

    void run() {
        while (!input_.empty()) {
            act();
            check();
        }
        // In every case time ends it.
        throws_ = false;
        for (int i = 0; i < 8; ++i) turn(seconds{10});
        connection_.close(1000);
        paused_ = false;
        connection_.resume();
        for (int i = 0; i < 2; ++i) turn(seconds{10});
        require(aborted_ || ends_ == 1, "an end that was never told");
        require(connection_.drained(), "a connection that stays");
        check_written();
    }

  private:
    static const Url& url() {
        static const Url made = *Url::parse("ws://feed.example/stream?key=secret");
        return made;
    }

    void act() {
        switch (input_.below(18)) {
            case 0:
            case 1:
            case 2:
            case 3:
                plan_.script.bytes(input_.take(1 + input_.size_below(256)));
                return turn(milliseconds{1});
            case 4:
                plan_.script.bytes(input_.take(1 + input_.size_below(65536)));
                return turn(milliseconds{1});
            case 5:
                plan_.script.trickle(input_.take(1 + input_.size_below(256)), 1 + input_.size_below(8));
                return turn(milliseconds{1});
            case 6:
                return turn(std::array<Duration, 4>{milliseconds{1}, milliseconds{900}, seconds{3},
                                                    seconds{31}}[input_.size_below(4)]);
            case 7:
                return send(std::string(input_.size_below(64), 'x'));
            case 8:
                return send(std::string(input_.size_below(65536), 'y'));
            case 9:
                std::ignore = connection_.ping(bytes_of(std::string(input_.size_below(256), 'p')));
                return;
            case 10:
                return connection_.close(static_cast<std::uint16_t>(1000 + input_.below(4)),
                                         std::string(input_.size_below(256), 'r'));
            case 11:
                aborted_ = aborted_ || ends_ == 0;
                return connection_.abort(input_.flag() ? std::optional<std::uint16_t>(1001) : std::nullopt);
            case 12:
                plan_.script.write_room = input_.flag() ? StreamScript::kUnlimited : input_.size_below(4096);
                plan_.script.write_limit = 1 + input_.size_below(256);
                return;
            case 13:
                paused_ = !paused_;
                if (!paused_) connection_.resume();
                return;
            case 14:
                plan_.script.end();
                return turn(milliseconds{1});
            case 15:
                plan_.script.fail(Errc::connection_reset);
                return turn(milliseconds{1});
            case 16:
                plan_.script.write_error = Errc::connection_reset;
                return;
            default:
                throws_ = true;
        }
    }

    void send(const std::string& text) {
        const bool open = connection_.is_open();
        const auto before = connection_.bytes_to_send();
        const Errc refused = connection_.send(Opcode::binary, bytes_of(text));
        require(open || refused == Errc::not_connected, "sent without a connection");
        if (refused != Errc::ok) require(connection_.bytes_to_send() == before, "half a message sent");
    }

    void turn(Duration time) {
        clock_.advance(time);
        for (int i = 0; i < 12; ++i) {
            clock_.advance(milliseconds{1});
            try {
                reactor_.poll();
            } catch (const FromHandler&) {
            }
        }
    }

    void on_open() override {
        require(!opened_ && ends_ == 0 && !aborted_, "on_open out of order");
        opened_ = true;
        maybe_throw();
    }
    void on_pong(std::span<const std::byte> payload) override {
        require(opened_ && ends_ == 0 && payload.size() <= kMaxControlPayload, "on_pong out of order");
        maybe_throw();
    }
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& end) override {
        require(++ends_ == 1 && !aborted_, "on_end out of order");
        require(end.was_open == opened_, "was_open");
        require(end.close_code >= 1000 && end.close_code < 5000 && end.close_reason.size() <= 123,
                "the close");
        const auto text = end.error.message();
        require(text.find("secret") == std::string::npos, "the query in an error");
        for (const char c : text)
            require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no line of text");
        maybe_throw();
    }

    Claim claim(std::size_t size) noexcept override {
        require(opened_ && ends_ == 0 && !aborted_ && !claimed_, "a claim out of order");
        if (paused_) return {Verdict::pause, nullptr};
        claimed_ = true;
        room_.resize(size + kPayloadPadding);
        return {Verdict::take, room_.data()};
    }
    std::byte* grow(std::size_t, std::size_t size) noexcept override {
        room_.resize(size + kPayloadPadding);
        return room_.data();
    }
    void commit(std::size_t size, bool, const MessageStamp&) override {
        require(claimed_ && ends_ == 0 && size + kPayloadPadding <= room_.size(), "a commit out of order");
        claimed_ = false;
        maybe_throw();
    }

    void maybe_throw() {
        if (std::exchange(throws_, false)) throw FromHandler{};
    }

    void check() const {
        // A pong and a close frame have reserved room.
        require(
            connection_.bytes_to_send() <= options().send_buffer_limit + 2 * frame_size(kMaxControlPayload),
            "too much to send");
        require(!connection_.is_open() || (opened_ && ends_ == 0), "open without on_open");
    }

    /// The output consists of a client's frames, masked, and only pongs behind a close frame.
    void check_written() {
        const auto& written = plan_.script.written;
        if (written.starts_with("G") || plan_.script.write_error != Errc::ok) return;  // not sent yet
        FrameDecoder decoder(Role::server);
        decoder.feed(bytes_of(written));
        bool closed = false;
        while (true) {
            const auto status = decoder.next();
            require(status != FrameDecoder::Status::failed, "what was sent is no frame");
            if (status == FrameDecoder::Status::need_input) return;
            const auto& chunk = decoder.chunk();
            require(!closed || chunk.opcode == Opcode::pong, "something sent behind the close frame");
            closed = closed || (chunk.opcode == Opcode::close && chunk.ends_frame);
        }
    }

    static ConnectionOptions options() {
        return {.max_message_size = std::size_t{1} << 18, .send_buffer_limit = 100'000};
    }

    FuzzInput& input_;
    ManualClock clock_;
    Reactor reactor_{{.clock = &clock_}};
    ScriptedDialer dialer_{reactor_};
    ScriptedDialer::Plan& plan_ = dialer_.plan();
    std::vector<std::byte> room_;
    bool opened_ = false;
    bool aborted_ = false;
    bool claimed_ = false;
    bool paused_ = false;
    bool throws_ = false;
    int ends_ = 0;
    Connection connection_{reactor_, dialer_, options(), *this, *this};
};

}  // namespace

void fuzz_connection(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    Session(input).run();
}

}  // namespace pinwheel::test
