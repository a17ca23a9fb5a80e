#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "frame_index_impl.h"
#include "zstd_frame_impl.h"

namespace pinwheel::detail {
namespace {

constexpr std::size_t kReadWindow = std::size_t{2} << 20;
/// The size of a frame with kLargestFrame bytes that do not compress.
constexpr std::uint64_t kMostCompressed = kLargestFrame + kLargestFrame / 64;

/// A window of a file in memory.
class Window {
  public:
    Window(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

    /// The bytes from `offset` on: at least `wanted`, or up to the end of the file.
    [[nodiscard]] std::span<const std::byte> from(std::uint64_t offset, std::size_t wanted) {
        const auto needed = std::min<std::uint64_t>(wanted, size_ - offset);
        if (offset < begin_ || offset + needed > begin_ + bytes_.size()) {
            bytes_.resize(std::min<std::uint64_t>(std::max(wanted, kReadWindow), size_ - offset));
            bytes_.resize(read_at(fd_, offset, bytes_));
            begin_ = offset;
        }
        return std::span<const std::byte>(bytes_).subspan(offset - begin_);
    }
    /// The frame at `offset`. cut_short: the file ends inside it.
    [[nodiscard]] FoundFrame frame_at(std::uint64_t offset) {
        for (std::size_t wanted = kReadWindow / 2;; wanted *= 2) {
            const auto bytes = from(offset, wanted);
            const FoundFrame found = find_frame(bytes);
            if (found.status != FoundFrame::Status::cut_short || bytes.size() < wanted) return found;
            if (wanted > kMostCompressed) return {};
        }
    }
    /// The begin of the next frame behind `offset`; the end of the file if there is none.
    [[nodiscard]] std::uint64_t next_frame(std::uint64_t offset) {
        constexpr std::size_t kMagicSize = 4;
        for (std::uint64_t at = offset; at < size_;) {
            const auto bytes = from(at, kReadWindow / 2);
            const std::size_t found = find_magic(bytes);
            if (found == bytes.size()) {
                if (bytes.size() <= kMagicSize || at + bytes.size() >= size_) return size_;
                at += bytes.size() - kMagicSize;
                continue;
            }
            at += found;
            if (frame_at(at).status == FoundFrame::Status::whole) return at;
        }
        return size_;
    }

  private:
    const int fd_;
    const std::uint64_t size_;
    std::uint64_t begin_ = 0;
    std::vector<std::byte> bytes_;
};

/// A table that describes exactly the bytes in front of it.
std::optional<FrameIndex> index_by_table(int fd, std::uint64_t size) {
    std::array<std::byte, kSeekTableFooter> footer{};
    if (size < footer.size() || read_at(fd, size - footer.size(), footer) != footer.size())
        return std::nullopt;
    const auto table_size = read_seek_footer(footer);
    if (!table_size || *table_size > size) return std::nullopt;
    std::vector<std::byte> bytes(*table_size);
    if (read_at(fd, size - *table_size, bytes) != bytes.size()) return std::nullopt;
    const auto table = read_seek_table(bytes);
    if (!table) return std::nullopt;
    FrameIndex index{.has_table = true};
    index.frames.reserve(table->size());
    for (const auto& sizes : *table) {
        index.frames.push_back({index.end, sizes});
        index.end += sizes.compressed;
    }
    if (index.end != size - *table_size) return std::nullopt;
    return index;
}

FrameIndex index_by_scan(int fd, std::uint64_t size) {
    FrameIndex index;
    Window window(fd, size);
    for (std::uint64_t at = 0; at < size;) {
        const FoundFrame found = window.frame_at(at);
        if (found.status != FoundFrame::Status::whole || found.compressed > size - at) {
            const std::uint64_t next = window.next_frame(at);
            if (next == size) break;
            index.damage.push_back({at, next - at});
            at = next;
            continue;
        }
        if (!found.skippable)
            index.frames.push_back({at,
                                    {.compressed = static_cast<std::uint32_t>(found.compressed),
                                     .raw = static_cast<std::uint32_t>(found.raw)}});
        at += found.compressed;
        index.end = at;
    }
    index.torn = size - index.end;
    return index;
}

}  // namespace

std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> out) noexcept {
    std::size_t got = 0;
    errno = 0;
    while (got < out.size()) {
        const auto count = ::pread(fd, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        got += static_cast<std::size_t>(count);
    }
    return got;
}

FrameIndex index_frames(int fd, std::uint64_t size) {
    if (auto index = index_by_table(fd, size)) return *std::move(index);
    return index_by_scan(fd, size);
}

}  // namespace pinwheel::detail
