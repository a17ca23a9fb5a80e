#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "seek_table_impl.h"

namespace pinwheel::detail {

/// The place of a frame in its file.
struct FramePlace {
    std::uint64_t offset = 0;
    FrameSizes sizes{};
};

/// Bytes that are not a frame.
struct DamagedBytes {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// The frames of a file, from its seek table or from a scan.
struct FrameIndex {
    std::vector<FramePlace> frames{};
    std::vector<DamagedBytes> damage{};  ///< with frames behind it
    std::uint64_t end = 0;               ///< behind the last frame; a table or a torn tail follows
    std::uint64_t torn = 0;              ///< bytes of the torn tail
    bool has_table = false;
};

/// Reads up to out.size() bytes. Fewer at the end of the file, or if reading fails. errno is 0 unless it
/// failed.
[[nodiscard]] std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> out) noexcept;

/// Indexes `size` bytes of the file. A table that fits the file is used; else frames are found by their
/// headers. Their content is not checked. Behind damage the next frame is searched for.
[[nodiscard]] FrameIndex index_frames(int fd, std::uint64_t size);

}  // namespace pinwheel::detail
