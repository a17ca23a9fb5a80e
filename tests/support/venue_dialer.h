#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "../../tools/feed/venue_connection.h"
#include "frames.h"
#include "scripted_dialer.h"

namespace pinwheel::test {

/// Connects to a simulated venue, without sockets. The reactor's clock is the venue's.
class VenueDialer final : public Dialer {
  public:
    VenueDialer(Reactor& reactor, VenueSimulator& venue) : reactor_(reactor), venue_(venue) {}

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<Attempt>(*this, handler);
    }
    /// Connections that are up.
    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
    /// The only stream that is up; null if there is none.
    [[nodiscard]] VenueConnection* connection() const noexcept {
        return streams_.size() == 1 ? (*streams_.begin())->connection() : nullptr;
    }

  private:
    class Stream final : public ByteStream {
      public:
        explicit Stream(VenueDialer& dialer) : dialer_(dialer) { dialer_.streams_.insert(this); }
        ~Stream() override { leave(); }
        Stream(const Stream&) = delete;
        Stream& operator=(const Stream&) = delete;

        IoResult read_some(std::span<std::byte> out) noexcept override {
            collect();
            if (to_client_.empty()) return ended_ ? IoResult::end() : IoResult::again();
            const std::size_t count = std::min(out.size(), to_client_.size());
            std::memcpy(out.data(), to_client_.data(), count);
            to_client_.erase(0, count);
            return IoResult::done(count);
        }
        IoResult write_some(std::span<const std::byte> in) noexcept override {
            if (ended_) return IoResult::failed(Errc::connection_reset);
            from_client_.append(reinterpret_cast<const char*>(in.data()), in.size());
            upgraded_ ? read_frames() : upgrade();
            return IoResult::done(in.size());
        }
        void shutdown_write() noexcept override { leave(); }
        void abort() noexcept override { leave(); }
        int fd() const noexcept override { return -1; }
        [[nodiscard]] VenueConnection* connection() const noexcept { return connection_.get(); }

      private:
        void leave() {
            connection_.reset();
            dialer_.streams_.erase(this);
            ended_ = true;
        }
        void upgrade() {
            if (from_client_.find("\r\n\r\n") == std::string::npos) return;
            const TimePoint now = dialer_.reactor_.now();
            const int status = dialer_.venue_.admit(now);
            if (status != 101) {
                to_client_ += "HTTP/1.1 " + std::to_string(status) +
                              " Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                return leave();
            }
            upgraded_ = true;
            to_client_ += upgrade_answer(from_client_);
            from_client_.clear();
            connection_ = dialer_.venue_.open(now);
        }
        void read_frames() {
            for (auto frame = take_sent_frame(from_client_); frame.opcode != 255 && connection_;
                 frame = take_sent_frame(from_client_)) {
                const TimePoint now = dialer_.reactor_.now();
                if (frame.opcode == 1) connection_->on_text(frame.payload, now);
                if (frame.opcode == 9) {
                    connection_->on_ping(now);
                    to_client_ += pong_frame(frame.payload);
                }
                if (frame.opcode == 10) connection_->on_pong(now);
                if (frame.opcode != 8) continue;
                to_client_ += raw_frame({.opcode = 8}, frame.payload);
                leave();
            }
        }
        void collect() {
            if (!connection_) return;
            for (const VenueAction& action : connection_->take(dialer_.reactor_.now())) switch (action.kind) {
                    case VenueAction::Kind::text:
                        to_client_ += text_frame(action.text);
                        break;
                    case VenueAction::Kind::ping:
                        to_client_ += ping_frame(action.text);
                        break;
                    case VenueAction::Kind::close:
                        to_client_ += close_frame(action.code, action.text);
                        return leave();
                    case VenueAction::Kind::drop:
                        return leave();
                }
        }

        VenueDialer& dialer_;
        std::unique_ptr<VenueConnection> connection_;
        std::string from_client_, to_client_;
        bool upgraded_ = false;
        bool ended_ = false;
    };

    class Attempt final : public Dial {
      public:
        Attempt(VenueDialer& dialer, DialHandler& handler) : dialer_(dialer), handler_(handler) {
            dialer_.reactor_.schedule(timer_, dialer_.reactor_.now());
        }

      private:
        void answer(TimePoint) { handler_.on_dialed(std::make_unique<Stream>(dialer_)); }

        VenueDialer& dialer_;
        DialHandler& handler_;
        Timer timer_{Timer::Callback::member<&Attempt::answer>(*this)};
    };

    Reactor& reactor_;
    VenueSimulator& venue_;
    std::set<Stream*> streams_;
};

}  // namespace pinwheel::test
