#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pinwheel::detail {

/// The largest frame that is written or read, raw: what a reader holds in memory.
inline constexpr std::uint64_t kLargestFrame = std::uint64_t{256} << 20;

/// False in a build without libzstd: then nothing can be written or read.
[[nodiscard]] bool zstd_is_available() noexcept;

/// Makes zstd frames with content size and checksum (RFC 8878 section 3.1.1). Threading: one thread.
/// Allocates: its context at construction, the rest when a frame is larger than all before.
class FrameCompressor {
  public:
    explicit FrameCompressor(int level);
    ~FrameCompressor();
    FrameCompressor(const FrameCompressor&) = delete;
    FrameCompressor& operator=(const FrameCompressor&) = delete;

    /// Puts a frame that holds `raw` in place of `out`. False: no memory.
    [[nodiscard]] bool compress(std::string_view raw, std::string& out);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// Reads such frames. Threading: one thread. Allocates: its context.
class FrameDecompressor {
  public:
    FrameDecompressor();
    ~FrameDecompressor();
    FrameDecompressor(const FrameDecompressor&) = delete;
    FrameDecompressor& operator=(const FrameDecompressor&) = delete;

    /// Puts the content of the frame in place of `out`. False: it is damaged, has no content size, or is
    /// larger than kLargestFrame.
    [[nodiscard]] bool decompress(std::span<const std::byte> frame, std::string& out);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// A frame at the front of some bytes, skippable ones included.
struct FoundFrame {
    enum class Status : std::uint8_t { whole, cut_short, none } status = Status::none;
    std::uint64_t compressed = 0;  ///< of a whole one
    std::uint64_t raw = 0;         ///< 0 for a skippable one
    bool skippable = false;
};
/// By the headers alone: the content is not looked at.
[[nodiscard]] FoundFrame find_frame(std::span<const std::byte> bytes) noexcept;
/// True if a frame begins with a header that tells its content's size.
[[nodiscard]] bool tells_size(std::span<const std::byte> bytes) noexcept;
/// Where the next frame may begin, after the first byte.
[[nodiscard]] std::size_t find_magic(std::span<const std::byte> bytes) noexcept;

}  // namespace pinwheel::detail
