#include "seek_table_impl.h"

#include "../../core/bytes.h"

namespace pinwheel::detail {
namespace {

constexpr std::uint32_t kSkippableMagic = 0x184D2A5E;
constexpr std::uint32_t kSeekableMagic = 0x8F92EAB1;
constexpr unsigned kHasChecksums = 0x80;
constexpr unsigned kReserved = 0x7c;

void append_number(std::string& out, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}

std::uint64_t entry_size(unsigned descriptor) noexcept {
    return (descriptor & kHasChecksums) != 0 ? 12 : 8;
}

}  // namespace

void append_seek_table(std::string& out, std::span<const FrameSizes> frames) {
    append_number(out, kSkippableMagic);
    append_number(out, static_cast<std::uint32_t>(seek_table_size(frames.size()) - 8));
    for (const auto& frame : frames) {
        append_number(out, frame.compressed);
        append_number(out, frame.raw);
    }
    append_number(out, static_cast<std::uint32_t>(frames.size()));
    out += '\0';
    append_number(out, kSeekableMagic);
}

std::optional<std::uint64_t> read_seek_footer(std::span<const std::byte, kSeekTableFooter> footer) noexcept {
    const auto frames = little_endian_at(footer, 0);
    const auto descriptor = std::to_integer<unsigned>(footer[4]);
    if (little_endian_at(footer, 5) != kSeekableMagic || frames > kMostFrames ||
        (descriptor & kReserved) != 0)
        return std::nullopt;
    return 8 + entry_size(descriptor) * frames + kSeekTableFooter;
}

std::optional<std::vector<FrameSizes>> read_seek_table(std::span<const std::byte> table) {
    if (table.size() < 8 + kSeekTableFooter) return std::nullopt;
    const auto footer = table.last<kSeekTableFooter>();
    if (read_seek_footer(footer) != table.size() || little_endian_at(table, 0) != kSkippableMagic ||
        little_endian_at(table, 4) != table.size() - 8)
        return std::nullopt;
    const std::size_t step = entry_size(std::to_integer<unsigned>(footer[4]));
    std::vector<FrameSizes> frames(little_endian_at(footer, 0));
    std::size_t at = 8;
    for (auto& frame : frames) {
        frame = {.compressed = little_endian_at(table, at), .raw = little_endian_at(table, at + 4)};
        at += step;
    }
    return frames;
}

}  // namespace pinwheel::detail
