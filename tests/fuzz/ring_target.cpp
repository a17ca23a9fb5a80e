#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "../../core/spsc_ring.h"
#include "../support/require.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

constexpr std::size_t kCapacity = 1024;

/// A ring in memory that the second side may modify at any time. All bytes that a side claims or reads are
/// within the ring's memory. A broken ring stays broken and ends.
template <std::unsigned_integral Position>
class HostileRing {
    using Ring = BasicSpscRing<Position>;
    struct alignas(64) Unit {
        std::array<std::byte, 64> bytes{};
    };

  public:
    explicit HostileRing(FuzzInput& input)
        : input_(input),
          units_(Ring::bytes_needed(kCapacity) / sizeof(Unit)),
          memory_(units_.data()->bytes.data(), units_.size() * sizeof(Unit)),
          writer_(memory_, kCapacity),
          reader_(memory_) {}

    void run() {
        while (!input_.empty()) {
            act();
            if (was_broken_)
                require(writer_.broken() && reader_.broken(), "a broken ring that is whole again");
            was_broken_ = writer_.broken();
            require(reader_.fill() <= kCapacity, "a ring that holds more than its capacity");
        }
        if (was_broken_) check_ended();
        try {
            Ring joined(memory_);
            require(!was_broken_, "a broken ring was joined");
            check_front(joined);
        } catch (const std::invalid_argument&) {
        }
    }

  private:
    void act() {
        switch (input_.below(8)) {
            case 0:
                return write();
            case 1:
                return writer_.publish();
            case 2:
                return check_front(reader_);
            case 3:
                return read();
            case 4:
                return store(offsetof(typename Ring::Control, written), sizeof(Position));
            case 5:
                return store(offsetof(typename Ring::Control, read), sizeof(Position));
            case 6:  // the size in a header
                return store(sizeof(typename Ring::Control) + 64 * input_.size_below(2 * kCapacity / 64),
                             sizeof(std::uint32_t));
            default:
                return store(input_.size_below(kCapacity), 8);
        }
    }

    /// Each side may use up the records that it saw before, and no more.
    void check_ended() {
        constexpr std::size_t kUnits = kCapacity / Ring::kUnit;
        for (std::size_t i = 0; i < kUnits; ++i) read();
        require(reader_.front() == nullptr, "a broken ring shows records for ever");
        for (std::size_t i = 0; i < kUnits && writer_.claim(0) != nullptr; ++i) writer_.commit({});
        require(writer_.claim(0) == nullptr, "a broken ring takes records for ever");
    }

    void write() {
        const std::size_t size = input_.size_below(2 * kCapacity);
        auto* const room = writer_.claim(size);
        if (room == nullptr) return;
        require(within(room, size + kPayloadPadding), "a claim beyond the ring's memory");
        std::fill_n(room, size, std::byte{0x78});
        const std::size_t used = input_.size_below(size + 1);
        writer_.commit({.size = static_cast<std::uint32_t>(used)});
    }

    void read() {
        if (reader_.front() != nullptr) reader_.pop();
    }

    void check_front(Ring& ring) {
        const auto* const record = ring.front();
        if (record == nullptr) return;
        const auto payload = record->payload();
        require(within(payload.data(), payload.size() + kPayloadPadding),
                "a record beyond the ring's memory");
    }

    /// The possible writes of the second process, except to `broken` and to the fields that a side reads only
    /// when it joins.
    void store(std::size_t offset, std::size_t size) {
        constexpr std::size_t kFixed = offsetof(typename Ring::Control, written);
        if (offset < kFixed) return;
        std::uint64_t value = input_.below(32);
        if (input_.flag())
            for (int i = 0; i < 7; ++i) value = value << 8 | input_.below(256);
        std::memcpy(memory_.data() + offset, &value, std::min(size, memory_.size() - offset));
    }

    [[nodiscard]] bool within(const std::byte* begin, std::size_t size) const {
        const auto offset = static_cast<std::size_t>(begin - memory_.data());
        return begin >= memory_.data() + sizeof(typename Ring::Control) && offset <= memory_.size() &&
               size <= memory_.size() - offset;
    }

    FuzzInput& input_;
    std::vector<Unit> units_;
    std::span<std::byte> memory_;
    Ring writer_;
    Ring reader_;
    bool was_broken_ = false;
};

}  // namespace

void fuzz_ring(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    if (input.flag())
        HostileRing<std::uint8_t>(input).run();
    else
        HostileRing<std::uint64_t>(input).run();
}

}  // namespace pinwheel::test
