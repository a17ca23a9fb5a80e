#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "../../proto/websocket/accept_key.h"
#include "scripted_stream.h"

namespace pinwheel::test {

/// The key in an upgrade request; empty if there is none.
inline std::string upgrade_key(const std::string& request) {
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = request.find(name);
    return at == std::string::npos ? std::string() : request.substr(at + name.size(), 24);
}

/// The answer that accepts the request.
inline std::string upgrade_answer(const std::string& request, const std::string& headers = {}) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
           "Upgrade\r\nSec-WebSocket-Accept: " +
           accept_for_key(upgrade_key(request)) + "\r\n" + headers + "\r\n";
}

/// Makes scripted streams, one a dial, in the order of `plans`. A dial without a plan never ends.
class ScriptedDialer final : public Dialer {
  public:
    struct Plan {
        std::optional<Error> failure;
        /// Answers the upgrade request: only frames need a script.
        bool accepts = true;
        std::string answer;   ///< replaces the accepting one
        std::string headers;  ///< additional lines of the accepting one
        std::string request;  ///< the client's request, once sent
        StreamScript script;
    };

    explicit ScriptedDialer(Reactor& reactor) : reactor_(reactor) {}

    /// Wraps each scripted stream in a stream of the test.
    using Wrapper = std::function<std::unique_ptr<ByteStream>(std::unique_ptr<ByteStream>)>;
    void wrap(Wrapper wrapper) { wrapper_ = std::move(wrapper); }

    /// The plan of the next dial without one; stays valid.
    Plan& plan(std::optional<Error> failure = std::nullopt) {
        auto& added = plans_.emplace_back(std::make_shared<Plan>());
        added->failure = std::move(failure);
        return *added;
    }
    [[nodiscard]] std::size_t plans() const noexcept { return plans_.size(); }
    [[nodiscard]] std::size_t dials() const noexcept { return dials_; }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    [[nodiscard]] const DialTarget& target() const noexcept { return target_; }
    [[nodiscard]] Plan& at(std::size_t i) { return *plans_.at(i); }

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
        target_ = target;
        const auto plan = dials_ < plans_.size() ? plans_[dials_] : nullptr;
        ++dials_;
        return std::make_unique<ScriptedDial>(*this, handler, plan);
    }

  private:
    /// Answers the upgrade from the client's request, then plays its script.
    class AcceptingStream final : public ByteStream {
      public:
        explicit AcceptingStream(std::shared_ptr<Plan> plan)
            : plan_(std::move(plan)), inner_(plan_->script) {}
        IoResult read_some(std::span<std::byte> out) noexcept override {
            const auto request_end = plan_->script.written.find("\r\n\r\n");
            if (!answered_ && request_end != std::string::npos) {
                answered_ = true;
                plan_->request = plan_->script.written.substr(0, request_end + 4);
                plan_->script.written.erase(0, request_end + 4);
                const auto answer =
                    plan_->answer.empty() ? upgrade_answer(plan_->request, plan_->headers) : plan_->answer;
                if (plan_->accepts) put_before(answer);
            }
            return inner_.read_some(out);
        }
        IoResult read_view(std::span<std::byte> room, std::span<const std::byte>& bytes) noexcept override {
            StreamScript& script = plan_->script;
            if (!script.shows_views) return ByteStream::read_view(room, bytes);
            script.shown.assign(room.size() + 64, '#');  // 64 readable bytes follow the view
            const auto own = std::as_writable_bytes(std::span(script.shown)).first(room.size());
            const IoResult got = read_some(own);
            bytes = own.first(got.bytes);
            return got;
        }
        IoResult write_some(std::span<const std::byte> in) noexcept override { return inner_.write_some(in); }
        void shutdown_write() noexcept override { inner_.shutdown_write(); }
        void abort() noexcept override { inner_.abort(); }
        int fd() const noexcept override { return inner_.fd(); }
        StreamStatus status() const noexcept override { return inner_.status(); }

      private:
        /// In one read with the following bytes, if there are any.
        void put_before(const std::string& answer) {
            auto& steps = plan_->script.steps;
            if (!steps.empty() && std::holds_alternative<std::string>(steps.front()))
                std::get<std::string>(steps.front()).insert(0, answer);
            else
                steps.emplace_front(answer);
        }

        std::shared_ptr<Plan> plan_;  // the reactor may destroy the stream after the dialer
        ScriptedStream inner_;
        bool answered_ = false;
    };

    class ScriptedDial final : public Dial {
      public:
        ScriptedDial(ScriptedDialer& dialer, DialHandler& handler, std::shared_ptr<Plan> plan)
            : dialer_(dialer), handler_(handler), plan_(std::move(plan)) {
            ++dialer_.under_way_;
            if (plan_ != nullptr) dialer_.reactor_.schedule(timer_, dialer_.reactor_.now());
        }
        ~ScriptedDial() override { --dialer_.under_way_; }

      private:
        void answer(TimePoint) {
            if (plan_->failure) return handler_.on_dial_failed(*plan_->failure);
            std::unique_ptr<ByteStream> stream = std::make_unique<AcceptingStream>(plan_);
            if (dialer_.wrapper_) stream = dialer_.wrapper_(std::move(stream));
            handler_.on_dialed(std::move(stream));
        }
        ScriptedDialer& dialer_;
        DialHandler& handler_;
        std::shared_ptr<Plan> plan_;
        Timer timer_{Timer::Callback::member<&ScriptedDial::answer>(*this)};
    };

    Reactor& reactor_;
    std::vector<std::shared_ptr<Plan>> plans_;
    Wrapper wrapper_;
    std::size_t dials_ = 0;
    std::size_t under_way_ = 0;
    DialTarget target_;
};

}  // namespace pinwheel::test
