#pragma once

#include <optional>
#include <vector>

#include "../../../core/histogram.h"
#include "../../../proto/delivery/message.h"
#include "../terminal/live_view.h"

namespace pinwheel::tool {

/// The history of the live view: latencies and rates of the last second, of each second before, and overall.
/// Allocates: at construction only.
class LatencyWindow {
  public:
    static constexpr std::size_t kSeconds = 300;  // the width of a wide screen

    void take(std::size_t size, std::optional<Duration> latency) noexcept {
        ++messages_;
        bytes_ += size;
        if (!latency) return;
        overall_.record(latency->count());
        second_.record(latency->count());
    }
    /// Call it once a second: closes one second and opens the next.
    void close_second(Duration length) {
        const double seconds = std::chrono::duration<double>(length).count();
        rate_ = static_cast<double>(messages_ - messages_before_) / seconds;
        byte_rate_ = static_cast<double>(bytes_ - bytes_before_) / seconds;
        messages_before_ = messages_;
        bytes_before_ = bytes_;
        last_ = summary(second_);
        push(rates_, static_cast<std::uint64_t>(rate_));
        push(p99s_, last_.p99);
        second_.reset();
    }
    void fill(LiveState& state) const {
        state.messages_per_second = rate_;
        state.bytes_per_second = byte_rate_;
        state.messages = messages_;
        state.bytes = bytes_;
        state.rates = rates_;
        state.p99s = p99s_;
        state.last_second = last_;
        state.overall = summary(overall_);
    }
    [[nodiscard]] const Histogram& overall() const noexcept { return overall_; }
    [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  private:
    static LiveState::Latency summary(const Histogram& times) {
        return {times.count(), times.value_at(50), times.value_at(99), times.max()};
    }
    static void push(std::vector<std::uint64_t>& values, std::uint64_t value) {
        if (values.size() == kSeconds) values.erase(values.begin());
        values.push_back(value);
    }

    Histogram overall_;
    Histogram second_;
    LiveState::Latency last_{};
    double rate_ = 0;
    double byte_rate_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t messages_before_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t bytes_before_ = 0;
    std::vector<std::uint64_t> rates_;
    std::vector<std::uint64_t> p99s_;
};

}  // namespace pinwheel::tool
