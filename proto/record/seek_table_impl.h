#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pinwheel::detail {

/// The sizes of one frame, in bytes.
struct FrameSizes {
    std::uint32_t compressed = 0;
    std::uint32_t raw = 0;
    friend bool operator==(const FrameSizes& left, const FrameSizes& right) noexcept {
        return left.compressed == right.compressed && left.raw == right.raw;
    }
};

/// zstd's seekable format, version 0.1.0: a skippable frame behind all others, with the sizes of each.
/// Written without checksums, which the frames have themselves.
inline constexpr std::size_t kSeekTableFooter = 9;
/// As many frames as the format can tell.
inline constexpr std::size_t kMostFrames = 0x8000000;

/// Bytes of the table of so many frames.
[[nodiscard]] constexpr std::uint64_t seek_table_size(std::uint64_t frames) noexcept {
    return 8 + 8 * frames + kSeekTableFooter;
}
/// Appends the table.
void append_seek_table(std::string& out, std::span<const FrameSizes> frames);
/// The size of the table that ends with this footer; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> read_seek_footer(
    std::span<const std::byte, kSeekTableFooter> footer) noexcept;
/// The table; nothing if it is none.
[[nodiscard]] std::optional<std::vector<FrameSizes>> read_seek_table(std::span<const std::byte> table);

}  // namespace pinwheel::detail
