#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pinwheel::test {

/// The input of a fuzzer. Choices are taken from its end, so that the front remains a stream that can be read
/// and spliced. Returns zeros once it is used up.
class FuzzInput {
  public:
    explicit FuzzInput(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    /// A choice in [0, bound); `bound` above 0. Takes as many bytes as the bound needs.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
        std::uint64_t value = 0;
        for (std::uint64_t rest = bound - 1; rest > 0; rest >>= 8) value = value << 8 | last();
        return value % bound;
    }
    [[nodiscard]] std::size_t size_below(std::size_t bound) noexcept {
        return static_cast<std::size_t>(below(bound));
    }
    [[nodiscard]] bool flag() noexcept { return below(2) != 0; }

    /// Bytes from the front, at most `size`.
    [[nodiscard]] std::string_view take(std::size_t size) noexcept {
        const auto taken = rest().substr(0, size);
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    [[nodiscard]] std::string_view rest() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }

  private:
    [[nodiscard]] std::uint64_t last() noexcept {
        if (bytes_.empty()) return 0;
        const auto value = std::to_integer<std::uint64_t>(bytes_.back());
        bytes_ = bytes_.first(bytes_.size() - 1);
        return value;
    }

    std::span<const std::byte> bytes_;
};

/// One to eight sizes above 0, into which a stream is cut repeatedly. Most are small.
[[nodiscard]] inline std::vector<std::size_t> draw_sizes(FuzzInput& input) {
    std::vector<std::size_t> sizes(1 + input.size_below(8));
    for (auto& size : sizes) {
        const std::size_t choice = input.size_below(256);
        size = choice < 192 ? choice + 1 : (choice - 191) * 151;
    }
    return sizes;
}

}  // namespace pinwheel::test
