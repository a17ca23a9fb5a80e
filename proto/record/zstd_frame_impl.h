#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pinwheel::detail {

/// The largest raw size of a frame, written or read. A reader holds one in memory.
inline constexpr std::uint64_t kLargestFrame = std::uint64_t{256} << 20;

/// False in a build without libzstd: then no recording can be written or read.
[[nodiscard]] bool zstd_is_available() noexcept;

/// Makes zstd frames with content size and checksum (RFC 8878 section 3.1.1). Threading: one thread.
/// Allocates: its context at construction, the rest when a frame is larger than all earlier ones.
class FrameCompressor {
  public:
    explicit FrameCompressor(int level);
    ~FrameCompressor();
    FrameCompressor(const FrameCompressor&) = delete;
    FrameCompressor& operator=(const FrameCompressor&) = delete;

    /// Replaces `out` by a frame that holds `raw`. False: no memory.
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

    /// Replaces `out` by the content of the frame. False: the frame is damaged, has no content size, or is
    /// larger than kLargestFrame.
    [[nodiscard]] bool decompress(std::span<const std::byte> frame, std::string& out);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// A frame at the front of some bytes; it may be a skippable one.
struct FoundFrame {
    enum class Status : std::uint8_t { whole, cut_short, none } status = Status::none;
    std::uint64_t compressed = 0;  ///< of a complete frame
    std::uint64_t raw = 0;         ///< 0 for a skippable frame
    bool skippable = false;
};
/// Reads the headers only; the content is not checked.
[[nodiscard]] FoundFrame find_frame(std::span<const std::byte> bytes) noexcept;
/// True if a frame begins with a header that has the content size.
[[nodiscard]] bool tells_size(std::span<const std::byte> bytes) noexcept;
/// The earliest place of the next frame, after the first byte.
[[nodiscard]] std::size_t find_magic(std::span<const std::byte> bytes) noexcept;

}  // namespace pinwheel::detail
