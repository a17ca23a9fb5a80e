#include <cinttypes>
#include <cstdio>
#include <vector>

#include "../../../core/histogram.h"
#include "../../../proto/delivery/callback_sink.h"
#include "../terminal/live_view.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

constexpr std::uint64_t kLargestMessage = 16'000'000;  // the size of the send buffer
constexpr int kWarmUp = 100;                           // unmeasured round trips at the start

struct RttOptions {
    ClientOptions client{};
    std::size_t size = 128;
    std::uint64_t count = 10'000;
    bool json = false;
};

/// One request at a time: sent, answered, measured.
class RoundTrips final : public ConnectionHandler {
  public:
    RoundTrips(Client& client, const RttOptions& options)
        : client_(client),
          options_(options),
          payload_(options.size, std::byte{'x'}),
          connection_(client.reactor(), client.dialer(), client.connection_options(), *this, sink_) {}

    [[nodiscard]] int run() {
        connection_.start(client_.url());
        run_until_stopped(client_.reactor());
        if (histogram_.count() == 0) return 1;
        print();
        return histogram_.count() == options_.count ? 0 : 1;
    }

  private:
    void on_open() override {
        send();
        client_.reactor().schedule_after(patience_, client_.connection_options().connection_timeout);
    }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error& warning) override { complain(warning.message()); }
    void on_end(const ConnectionEnd& end) override {
        if (end.error.failed()) complain(end.error.message());
        client_.reactor().stop();
    }
    void on_message(const Message& message) {
        const auto answered = clock_.now();
        if (message.payload.size() != payload_.size()) {
            complain("the answer of " + client_.url().without_query() + " has " +
                     std::to_string(message.payload.size()) +
                     " bytes, not those that were sent; does it echo?");
            return client_.reactor().stop();
        }
        if (warm_up_ > 0)
            --warm_up_;
        else
            histogram_.record((answered - sent_).count());
        if (histogram_.count() == options_.count) return connection_.close(to_wire(CloseCode::normal));
        send();
    }
    void send() {
        sent_ = clock_.now();
        if (connection_.send(Opcode::binary, payload_) != Errc::ok) client_.reactor().stop();
    }
    void on_patience(TimePoint) {
        const auto answers = histogram_.count() + static_cast<std::uint64_t>(kWarmUp - warm_up_);
        if (answers == answers_before_) {
            complain(client_.url().without_query() + " does not answer within the timeout; does it echo?");
            return client_.reactor().stop();
        }
        answers_before_ = answers;
        client_.reactor().schedule_after(patience_, client_.connection_options().connection_timeout);
    }
    void print() const {
        const auto at = [&](double percentile) { return histogram_.value_at(percentile); };
        const std::uint64_t count = histogram_.count();
        if (options_.json)
            std::printf(R"({"count":%)" PRIu64 R"(,"size":%zu,"rtt_ns":{"p50":%)" PRIu64 R"(,"p99":%)" PRIu64
                        R"(,"p999":%)" PRIu64 R"(,"max":%)" PRIu64 "}}\n",
                        count, options_.size, at(50), at(99), at(99.9), at(100));
        else
            std::printf("%s round trips of %zu bytes: p50 %s, p99 %s, p99.9 %s, max %s\n",
                        grouped(count).c_str(), options_.size, short_time(at(50)).c_str(),
                        short_time(at(99)).c_str(), short_time(at(99.9)).c_str(),
                        short_time(at(100)).c_str());
    }

    Client& client_;
    const RttOptions& options_;
    const std::vector<std::byte> payload_;
    SteadyClock clock_;
    TimePoint sent_{};
    int warm_up_ = kWarmUp;
    std::uint64_t answers_before_ = 0;
    Histogram histogram_;
    Timer patience_{Timer::Callback::member<&RoundTrips::on_patience>(*this)};
    CallbackSink sink_{CallbackSink::Callback::member<&RoundTrips::on_message>(*this)};
    Connection connection_;
};

int rtt(const RttOptions& options) {
    Client client(options.client);
    return RoundTrips(client, options).run();
}

}  // namespace

Command rtt_command(CLI::App& app) {
    const auto options = std::make_shared<RttOptions>();
    auto* const command = add_command(app, "rtt", "measure round trips to an echoing server",
                                      "pinwheel rtt ws://127.0.0.1:8080/echo --size 128 --count 100000");
    add_client_options(*command, options->client);
    add_value(*command, "--size", options->size, "BYTES", "payload of each message")
        ->capture_default_str()
        ->check(whole(0, kLargestMessage));
    add_value(*command, "--count", options->count, "COUNT", "number of round trips")
        ->capture_default_str()
        ->check(whole(1, kMost));
    command->add_flag("--json", options->json, "print one JSON object");
    return {command, [options] { return rtt(*options); }};
}

}  // namespace pinwheel::tool
