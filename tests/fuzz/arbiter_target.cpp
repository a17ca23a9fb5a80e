#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "../../proto/feed/arbiter.h"
#include "../support/require.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

constexpr std::size_t kLegs = 3;
constexpr std::size_t kMostSteps = 2000;

/// Legs that show whatever they like. What holds all the same: each message is handed on or counted as a
/// duplicate, once; those of one leg with numbers stay in order, and so do those without; what is held is
/// bounded, and let go in time.
class Legs {
  public:
    explicit Legs(FuzzInput& input) : input_(input), channel_(draw_channel(input)), arbiter_(options()) {
        arbiter_.add(channel_);
    }

    void run() {
        for (std::size_t step = 0; step < kMostSteps && !input_.empty(); ++step) {
            act();
            require(arbiter_.held(0) <= kHold, "more is held than allowed");
            require(handed_on_ + dropped() + arbiter_.held(0) == offered_,
                    "a message is lost or counted twice");
        }
        for (int turns = 0; arbiter_.deadline(); ++turns) {
            require(turns < 1000, "held messages are never let go");
            now_ = std::max(now_, *arbiter_.deadline());
            arbiter_.on_time(now_, deliver_);
        }
        require(arbiter_.held(0) == 0, "a message is held for ever");
        require(handed_on_ + dropped() == offered_, "a message is lost or counted twice at the end");
    }

  private:
    static constexpr std::size_t kHold = 8;

    static ArbiterOptions options() {
        return {.legs = kLegs, .hold_messages = kHold, .held_of_all = 16, .held_bytes = 2048};
    }
    static ArbiterChannel draw_channel(FuzzInput& input) {
        constexpr std::array kKinds{SequenceKind::contiguous, SequenceKind::chain, SequenceKind::increasing,
                                    SequenceKind::none};
        ArbiterChannel channel;
        channel.sequence.kind = kKinds[input.size_below(kKinds.size())];
        channel.sequence.repeats = input.flag();
        if (input.flag()) channel.sequence.reset_number = 1;
        channel.is_identical = input.flag();
        channel.is_independent = input.flag();
        channel.has_snapshots = input.flag();
        channel.match_content = input.flag();
        return channel;
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::uint64_t count = 0;
        for (std::size_t leg = 0; leg < kLegs; ++leg) count += arbiter_.leg(leg).duplicates;
        return count;
    }

    void act() {
        const std::size_t leg = input_.size_below(kLegs);
        switch (input_.below(16)) {
            case 0:
                return arbiter_.join(leg, 0);
            case 1:
                arbiter_.leave(leg, 0, now_);
                return arbiter_.on_time(now_, deliver_);
            case 2:
                return arbiter_.want_snapshot(0);
            case 3:
                return arbiter_.prefer(input_.flag() ? std::optional(leg) : std::nullopt);
            case 4:
                now_ += std::chrono::milliseconds{input_.below(1000)};
                return arbiter_.on_time(now_, deliver_);
            default:
                return offer(leg);
        }
    }
    void offer(std::size_t leg) {
        // Small numbers, so that they meet; at times those at the ends.
        const auto number = [&] {
            const auto choice = static_cast<std::int64_t>(input_.below(64));
            if (choice == 63) return INT64_MAX;
            return choice == 62 ? INT64_MIN : choice;
        };
        SequenceNumbers numbers;
        if (input_.below(16) != 0) numbers.last = number();
        if (input_.below(4) == 0) numbers.first = number();
        if (channel_.sequence.kind == SequenceKind::chain && input_.below(8) != 0)
            numbers.previous = number();
        numbers.is_snapshot = channel_.has_snapshots && input_.below(8) == 0;
        std::array<std::byte, 128> content{};
        const std::uint64_t text[] = {input_.below(8), 2 * leg + (numbers.last ? 1 : 0), ++offered_};
        std::memcpy(content.data(), text, sizeof text);
        FeedMessage message;
        message.channel = 0;
        message.payload = {content.data(), sizeof text};
        message.received = now_;
        message.is_snapshot = numbers.is_snapshot;
        arbiter_.offer(leg, message, numbers, now_, deliver_);
    }
    void on_delivery(const ArbiterDelivery& delivery) {
        std::uint64_t text[3];
        require(delivery.message.payload.size() == sizeof text, "a payload of another size");
        std::memcpy(text, delivery.message.payload.data(), sizeof text);
        require(text[1] / 2 == delivery.leg, "a message of another leg");
        require(text[2] > last_[text[1]], "a leg's messages out of order, or twice");
        last_[text[1]] = text[2];
        ++handed_on_;
    }

    FuzzInput& input_;
    const ArbiterChannel channel_;
    Arbiter arbiter_;
    Arbiter::Deliver deliver_ = Arbiter::Deliver::member<&Legs::on_delivery>(*this);
    std::array<std::uint64_t, 2 * kLegs> last_{};  // by leg, without and with numbers
    std::uint64_t offered_ = 0, handed_on_ = 0;
    TimePoint now_{std::chrono::hours{1}};
};

}  // namespace

void fuzz_arbiter(std::span<const std::byte> input) {
    FuzzInput choices(input);
    Legs(choices).run();
}

}  // namespace pinwheel::test
