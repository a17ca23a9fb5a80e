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

/// The table of zstd's seekable format, version 0.1.0: a skippable frame behind all others, with the sizes of
/// each. Written without checksums, because the frames have their own.
inline constexpr std::size_t kSeekTableFooter = 9;
/// The most frames that the format can list.
inline constexpr std::size_t kMostFrames = 0x8000000;

/// The size of a table with this many frames, in bytes.
[[nodiscard]] constexpr std::uint64_t seek_table_size(std::uint64_t frames) noexcept {
    return 8 + 8 * frames + kSeekTableFooter;
}
/// Appends the table.
void append_seek_table(std::string& out, std::span<const FrameSizes> frames);
/// The size of the table that ends with this footer. Nothing if it is not a footer.
[[nodiscard]] std::optional<std::uint64_t> read_seek_footer(
    std::span<const std::byte, kSeekTableFooter> footer) noexcept;
/// The table. Nothing if it is malformed.
[[nodiscard]] std::optional<std::vector<FrameSizes>> read_seek_table(std::span<const std::byte> table);

}  // namespace pinwheel::detail
