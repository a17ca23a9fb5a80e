#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "seek_table_impl.h"

namespace pinwheel::detail {

/// Where a frame stands in its file.
struct FramePlace {
    std::uint64_t offset = 0;
    FrameSizes sizes{};
};

/// Bytes that are no frame.
struct DamagedBytes {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// The frames of a file, from its seek table or from a scan over it.
struct FrameIndex {
    std::vector<FramePlace> frames{};
    std::vector<DamagedBytes> damage{};  ///< with frames behind it
    std::uint64_t end = 0;               ///< behind the last frame; what follows is a table or a torn tail
    std::uint64_t torn = 0;              ///< bytes of the torn tail
    bool has_table = false;
};

/// Reads up to out.size() bytes; fewer at the end of the file, or where reading fails (then errno is set,
/// else it is 0).
[[nodiscard]] std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> out) noexcept;

/// Looks at `size` bytes of the file. A table is used if it fits the file, else frames are found by their
/// headers; their content is not looked at. Behind damage the next frame is searched for.
[[nodiscard]] FrameIndex index_frames(int fd, std::uint64_t size);

}  // namespace pinwheel::detail
