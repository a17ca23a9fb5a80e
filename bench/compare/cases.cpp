#include "cases.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "../../core/clock.h"
#include "../../core/cpu.h"

namespace pinwheel::bench {
namespace {

using Request = std::array<std::byte, kSmallestPayload>;

/// One run of one contender.
class Run {
  public:
    Run(const Case& which, const ContenderKind& kind, const FastServer& server)
        : case_(which),
          server_(server),
          contender_(kind.make(server.target(which.tls, which.path, which.payload_size), receiver_)) {}

    Measured measure() {
        Measured measured;
        request();  // warms the caches and lets the kernel's buffers grow
        const std::uint64_t total = case_.requests * case_.messages_per_request;
        measured.latencies.reserve(case_.is_latency() ? total : 0);
        if (case_.kind == CaseKind::paced) receiver_.keep_latencies(&measured.latencies);
        std::int64_t spent = 0;
        for (std::uint64_t i = 0; i < case_.requests; ++i) {
            const std::int64_t took = request();
            spent += took;
            if (case_.kind == CaseKind::round_trip) measured.latencies.push_back(took);
        }
        prove(total + case_.messages_per_request);
        measured.ns_per_message = static_cast<double>(spent) / static_cast<double>(total);
        std::ranges::sort(measured.latencies);
        return measured;
    }

  private:
    std::int64_t now() noexcept { return clock_.now().time_since_epoch().count(); }

    /// Sends a request and takes the complete answer; returns the time.
    std::int64_t request() {
        Request payload{};
        const std::uint64_t number = ++requested_;
        put_number(payload.data(), kNumberAt, number);
        if (case_.kind == CaseKind::round_trip) {
            std::array<std::byte, 1024> ball{};
            std::ranges::copy(payload, ball.begin());
            const std::int64_t began = now();
            contender_->send(ball.data(), case_.payload_size);
            take(number);
            return now() - began;
        }
        const std::uint64_t written = server_.bytes_written();
        const std::int64_t sent = now();
        contender_->send(payload.data(), payload.size());
        if (case_.kind != CaseKind::drain) return take(number * case_.messages_per_request) - sent;
        while (server_.bytes_written() < written + case_.messages_per_request * case_.payload_size) relax();
        const std::int64_t there = now();
        return take(number * case_.messages_per_request) - there;
    }

    std::int64_t take(std::uint64_t messages) {
        while (receiver_.messages() < messages) contender_->poll();
        return now();
    }

    void prove(std::uint64_t messages) const {
        if (receiver_.messages() != messages || receiver_.bytes() != messages * case_.payload_size ||
            receiver_.sum() != messages * (messages + 1) / 2)
            throw std::runtime_error("the messages are not those that were sent");
    }

    const Case& case_;
    const FastServer& server_;
    SteadyClock clock_;
    Receiver receiver_;
    std::uint64_t requested_ = 0;
    std::unique_ptr<Contender> contender_;
};

std::string path_of(const char* role, std::uint64_t first, std::uint64_t size, std::uint64_t times) {
    return "/" + std::string(role) + "/" + std::to_string(first) + "/" + std::to_string(size) + "/" +
           std::to_string(times);
}

Case stream(const char* name, const char* role, std::uint64_t frames, std::size_t size,
            std::uint64_t bursts) {
    return {.name = name,
            .kind = CaseKind::stream,
            .path = path_of(role, frames, size, bursts),
            .payload_size = size,
            .messages_per_request = frames * bursts};
}

Case drain(const char* name, const char* role, std::uint64_t bursts) {
    return {.name = name,
            .kind = CaseKind::drain,
            .path = path_of(role, 64, 200, 1),
            .payload_size = 200,
            .messages_per_request = 64,
            .requests = bursts};
}

}  // namespace

std::vector<Case> all_cases(bool smoke) {
    const std::uint64_t bursts = smoke ? 10 : 2000;
    const std::uint64_t few = smoke ? 10 : 1000;
    const std::uint64_t trips = smoke ? 50 : 4'000;
    const std::uint64_t paced = smoke ? 100 : 250;
    const std::vector<Case> cases{
        stream("burst of 64 x 200 B", "burst", 64, 200, bursts),
        stream("64 x 200 B, a record each", "records", 64, 200, smoke ? 10 : 500),
        drain("64 x 200 B in the kernel", "burst", few),
        drain("64 x 200 B in the kernel, a record each", "records", few),
        drain("64 x 200 B in the kernel, binary", "binary", few),
        stream("burst of 4 x 16 KiB", "burst", 4, std::size_t{16} << 10, smoke ? 5 : 750),
        {.name = "round trip of 128 B",
         .kind = CaseKind::round_trip,
         .path = "/echo",
         .payload_size = 128,
         .requests = trips,
         .rounds_for_one = smoke ? 1 : 2},
        {.name = "paced, 10,000/s of 200 B",
         .kind = CaseKind::paced,
         .path = path_of("paced", 10'000, 200, paced),
         .payload_size = 200,
         .messages_per_request = paced,
         .requests = 1,
         .rounds_for_one = smoke ? 1 : 10},
    };
    std::vector<Case> all;
    for (const auto& one : cases)
        for (const bool tls : {false, true}) {
            if (!tls && one.path.starts_with("/records")) continue;
            all.push_back(one);
            all.back().tls = tls;
        }
    return all;
}

Measured run_case(const Case& which, const ContenderKind& contender, const FastServer& server) {
    return Run(which, contender, server).measure();
}

}  // namespace pinwheel::bench
