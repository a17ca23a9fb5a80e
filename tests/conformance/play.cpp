#include "play.h"

#include <algorithm>
#include <memory>

#include "../../proto/delivery/callback_sink.h"
#include "sent_frames.h"

namespace pinwheel::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEverySplit = 300;  // longer cases are cut at the ends and at kSamples places between
constexpr std::size_t kSamples = 32;
constexpr std::size_t kManySplits = 200'000;  // even longer cases are cut at one place
constexpr std::size_t kEveryByte = 5000;      // longer cases come in pieces of kPiece
constexpr std::size_t kPiece = 997;

/// Words that no error may contain: the query of the URL, and a header's value.
constexpr const char* kUrl = "ws://feed.example/stream?key=planted-token";
const HttpHeader kHeader{"X-Key", "planted-token"};
constexpr const char* kPlanted = "planted-token";

class Play final : public ConnectionHandler {
  public:
    Play(const Case& one, ScriptedDialer::Wrapper wrap) : case_(one) { dialer_.wrap(std::move(wrap)); }

    Outcome run(const Cut& cut) {
        ConnectionOptions options = case_.options;
        options.upgrade.headers.push_back(kHeader);
        close_timeout_ = options.close_timeout;
        connection_ = std::make_unique<Connection>(reactor_, dialer_, options, *this, sink_);
        connection_->start(*Url::parse(kUrl));
        for (int turns = 0; plan_.request.empty(); ++turns) {
            if (turns == 10) return {{}, {}, "NO WHOLE REQUEST", {}};
            clock_.advance(1ms);
            reactor_.poll();
        }
        deliver(answer_to(plan_.request), cut);
        if (case_.ends_stream) {
            script().end();
            turn();
        }
        return judge(cut);
    }

  private:
    void on_open() override {
        opened_ = true;
        if (connection_->subprotocol().empty()) return;
        note("subprotocol " + connection_->subprotocol());
    }
    void on_pong(std::span<const std::byte> payload) override { note("pong", text_of(payload)); }
    void on_warning(const Error&) override { note("WARNING"); }
    void on_end(const ConnectionEnd& end) override {
        end_ = end;
        ++ends_;
    }
    void on_message(const Message& message) {
        note(message.is_text ? "text" : "binary", text_of(message.payload));
    }

    void note(const std::string& what, std::string_view payload = {}) {
        received_ += (received_.empty() ? "" : "; ") + what + (payload.empty() ? "" : " " + shown(payload));
        if (ends_ > 0) received_ += " BEHIND THE END";
    }
    [[nodiscard]] StreamScript& script() { return plan_.script; }

    [[nodiscard]] std::string answer_to(const std::string& request) const {
        if (!case_.answer) return upgrade_answer(request);
        const std::string mark = "{accept}";
        std::string answer = *case_.answer;
        for (std::size_t at = 0; (at = answer.find(mark, at)) != std::string::npos;)
            answer.replace(at, mark.size(), accept_for_key(upgrade_key(request)));
        return answer;
    }

    /// The answer of the upgrade and the stages of the case.
    void deliver(const std::string& answer, const Cut& cut) {
        const bool glued = case_.answer || cut.glued;
        if (!glued) give(answer);
        std::size_t at = 0;
        bool first = glued;
        for (const auto& stage : case_.stages) {
            if (stage.action && opened_) stage.action(*connection_);
            const std::string bytes = (first ? answer : "") + stage.server;
            first = false;
            deliver_stage(bytes, at, cut);
            at += bytes.size();
        }
    }

    void deliver_stage(const std::string& bytes, std::size_t offset, const Cut& cut) {
        if (cut.split > offset && cut.split < offset + bytes.size()) {
            give(bytes.substr(0, cut.split - offset));
            return give(bytes.substr(cut.split - offset));
        }
        const std::size_t piece = cut.piece > 0 ? cut.piece : std::max<std::size_t>(bytes.size(), 1);
        for (std::size_t at = 0; at < bytes.size(); at += piece) give(bytes.substr(at, piece));
        if (bytes.empty()) turn();
    }

    void give(const std::string& piece) {
        script().bytes(piece);
        // A read takes at least one byte. A client that stops reading fails at the verdict.
        for (std::size_t left = piece.size() + 10; left > 0 && !script().steps.empty() && !script().destroyed;
             --left)
            turn();
        if (case_.pace == Duration::zero()) return;
        clock_.advance(case_.pace);
        turn();
    }

    void turn() { reactor_.poll(); }

    Outcome judge(const Cut& cut) {
        Outcome outcome{received_, describe_sent(script().written), how_it_ended(), end_.error.message()};
        if (ends_ == 0) outcome.error.clear();
        if (outcome.end.starts_with("failed")) drop_reason(outcome.sent);
        if (outcome.error.find(kPlanted) != std::string::npos) outcome.end += " WITH A SECRET IN THE ERROR";
        outcome.end += stream_faults(cut);
        return outcome;
    }

    /// The reason beside a failure's code is meant for people.
    static void drop_reason(std::string& sent) {
        const auto at = sent.rfind("close 1");
        if (at != std::string::npos) sent.erase(std::min(sent.size(), at + 10));
    }

    [[nodiscard]] std::string how_it_ended() const {
        if (ends_ > 1) return "TOLD TWICE";
        if (ends_ == 0) return connection_->is_open() ? kOpen : opened_ ? kClosing : "upgrading";
        if (end_.was_open != opened_) return "WRONG TO SAY IF IT WAS OPEN";
        if (end_.error.code == Errc::closed_by_peer) return closed(end_.close_code, end_.close_reason);
        if (!end_.error.failed()) return closed_by_client(end_.close_code, end_.close_reason);
        return failed(end_.error.code);
    }

    /// RFC 6455 section 7.1.1: behind the close frames the client half-closes TCP and leaves the rest of the
    /// close to the server, for a limited time. Half of the cuts play a server that closes, half one that
    /// does not.
    std::string stream_faults(const Cut& cut) {
        const bool before_open = ends_ > 0 && !opened_;
        const bool lost = end_.error.code == Errc::end_of_stream;
        if (ends_ == 0 || before_open || lost) {
            if (script().write_shut) return " WITH ITS SIDE ENDED";
            return script().destroyed == (ends_ > 0) ? "" : " WITH THE STREAM IN THE WRONG STATE";
        }
        if (!script().write_shut) return " WITHOUT ENDING ITS SIDE";
        if (case_.ends_stream) return script().destroyed ? "" : " DEAF TO THE END OF THE STREAM";
        if (script().destroyed) return " AND CLOSED TCP FIRST";
        if (cut.split % 2 == 0) {
            script().end();
            turn();
            return script().destroyed ? "" : " DEAF TO THE END OF THE STREAM";
        }
        clock_.advance(close_timeout_ - 1ms);
        turn();
        if (script().destroyed) return " AND CLOSED TCP TOO SOON";
        clock_.advance(2ms);
        turn();
        return script().destroyed ? "" : " AND NEVER CLOSED TCP";
    }

    const Case& case_;
    ManualClock clock_;
    Reactor reactor_{{.clock = &clock_}};
    ScriptedDialer dialer_{reactor_};
    ScriptedDialer::Plan& plan_ = [this]() -> ScriptedDialer::Plan& {
        auto& plan = dialer_.plan();
        plan.accepts = false;
        return plan;
    }();
    CallbackSink sink_{CallbackSink::Callback::member<&Play::on_message>(*this)};
    std::unique_ptr<Connection> connection_;
    Duration close_timeout_{};
    std::string received_;
    ConnectionEnd end_;
    int ends_ = 0;
    bool opened_ = false;
};

}  // namespace

std::vector<Cut> cuts_of(const Case& one, bool few) {
    std::size_t size = one.answer.value_or("").size();
    for (const auto& stage : one.stages) size += stage.server.size();
    std::vector<Cut> cuts{{.name = "whole"}};
    if (!one.stages.front().action) cuts.push_back({.name = "glued to the upgrade's answer", .glued = true});
    if (one.pace > Duration::zero()) return {{.name = "byte by byte", .piece = 1}};
    const std::size_t piece = size <= kEveryByte ? 1 : kPiece;
    cuts.push_back({.name = "in pieces of " + std::to_string(piece), .piece = piece});
    const auto split_at = [&](std::size_t at) {
        cuts.push_back({.name = "cut behind byte " + std::to_string(at), .split = at});
    };
    if (few || size < 2 || size > kManySplits) {
        if (size >= 2) split_at(size / 2);
        return cuts;
    }
    const std::size_t dense = size <= kEverySplit ? size : kSamples;
    for (std::size_t at = 1; at < dense; ++at) split_at(at);
    if (size <= kEverySplit) return cuts;
    for (std::size_t i = 1; i <= kSamples; ++i) split_at(dense + (size - 2 * dense) * i / (kSamples + 1));
    for (std::size_t at = size - dense; at < size; ++at) split_at(at);
    return cuts;
}

Outcome play(const Case& one, const Cut& cut, test::ScriptedDialer::Wrapper wrap) {
    return Play(one, std::move(wrap)).run(cut);
}

}  // namespace pinwheel::conformance
