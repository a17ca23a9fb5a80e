#pragma once

#include <cstdint>
#include <string>

#include "result.h"

namespace pinwheel {

/// The default limit. Configs and certificates are far smaller.
inline constexpr std::uint64_t kLargestTextFile = std::uint64_t{16} << 20;

/// The contents of a file, a FIFO (/dev/fd/63 of a shell's `<(...)`) or a device, of at most `limit` bytes.
/// Waits for the writer of a FIFO. The error names the path and the reason: a folder, or more bytes than the
/// limit, as of /dev/zero.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path,
                                                 std::uint64_t limit = kLargestTextFile);

}  // namespace pinwheel
