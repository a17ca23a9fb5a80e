#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "../../proto/callback_sink.h"
#include "commands.h"

namespace pinwheel::tool {
namespace {

constexpr Duration kStatusInterval = std::chrono::milliseconds{250};

class Tail final : public ConnectionHandler {
  public:
    Tail(Client& client, const TailOptions& options)
        : client_(client),
          options_(options),
          connection_(client.reactor(), client.dialer(), client.connection_options(), *this, sink_) {}

    [[nodiscard]] int run() {
        auto& reactor = client_.reactor();
        connection_.start(client_.url());
        if (options_.seconds > 0)
            reactor.schedule_after(end_timer_, std::chrono::duration_cast<Duration>(
                                                   std::chrono::duration<double>(options_.seconds)));
        if (::isatty(STDERR_FILENO) != 0) reactor.schedule_after(status_timer_, kStatusInterval);
        run_until_stopped(reactor);
        if (status_timer_.armed()) std::fputs("\r\033[K", stderr);
        if (options_.json_stats)
            std::printf(R"({"messages":%)" PRIu64 R"(,"bytes":%)" PRIu64 "}\n", messages_, bytes_);
        return status_;
    }

  private:
    void on_open() override {
        for (const auto& channel : options_.subscribe) {
            const std::string text = R"({"type":"subscribe","channel":")" + channel + "\"}";
            std::ignore = connection_.send(Opcode::text, std::as_bytes(std::span(text)));
        }
    }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error& warning) override { complain(warning.message()); }
    void on_end(const ConnectionEnd& end) override {
        if (end.error && end.close_code != to_wire(CloseCode::normal)) {
            complain(end.error.message());
            status_ = 1;
        }
        client_.reactor().stop();
    }
    void on_message(const Message& message) {
        if (output_gone_ || (messages_ == options_.count && options_.count > 0)) return;
        ++messages_;
        bytes_ += message.payload.size();
        std::fwrite(message.payload.data(), 1, message.payload.size(), stdout);
        std::putc('\n', stdout);
        if (message.is_last_in_batch || messages_ == options_.count) std::fflush(stdout);
        if (std::ferror(stdout) != 0) return give_up_output();
        if (messages_ == options_.count) client_.reactor().stop();
    }
    /// A reader that has left, as head does, has what it wanted.
    void give_up_output() {
        output_gone_ = true;
        if (errno != EPIPE) {
            complain(std::string("standard output cannot be written: ") + std::strerror(errno));
            status_ = 1;
        }
        client_.reactor().stop();
    }
    void on_end_timer(TimePoint) { client_.reactor().stop(); }
    void on_status_timer(TimePoint) {
        std::fprintf(stderr, "\r\033[K%" PRIu64 " messages, %.0f/s", messages_,
                     static_cast<double>(messages_ - messages_before_) * 4);
        messages_before_ = messages_;
        client_.reactor().schedule_after(status_timer_, kStatusInterval);
    }

    Client& client_;
    const TailOptions& options_;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::uint64_t bytes_ = 0;
    int status_ = 0;
    bool output_gone_ = false;
    Timer end_timer_{Timer::Callback::member<&Tail::on_end_timer>(*this)};
    Timer status_timer_{Timer::Callback::member<&Tail::on_status_timer>(*this)};
    CallbackSink sink_{CallbackSink::Callback::member<&Tail::on_message>(*this)};
    Connection connection_;
};

}  // namespace

int tail(const TailOptions& options) {
    Client client(options.client);
    return Tail(client, options).run();
}

}  // namespace pinwheel::tool
