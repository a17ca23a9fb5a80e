#include "record_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <utility>
#include <vector>

#include "../../net/unique_fd.h"
#include "frame_index_impl.h"
#include "zstd_frame_impl.h"

namespace pinwheel {
namespace {

constexpr unsigned kMode = 0644;

Error failed(const std::string& path, int error) {
    return {errc_from_errno(error), path + ": " + std::strerror(error)};
}

bool is_whole(int fd, const detail::FramePlace& frame, detail::FrameDecompressor& decompressor) {
    std::vector<std::byte> bytes(frame.sizes.compressed);
    std::string raw;
    return detail::read_at(fd, frame.offset, bytes) == bytes.size() && decompressor.decompress(bytes, raw);
}

/// A file of another kind must not be cut. A file with only a torn first frame may be a recording.
bool is_recording(int fd, const detail::FrameIndex& index, std::uint64_t size) {
    if (size == 0) return true;
    if (index.frames.empty()) {
        std::array<std::byte, 18> head{};  // the longest header of a frame
        const std::size_t got = detail::read_at(fd, 0, head);
        return detail::tells_size(std::span(head).first(got));
    }
    std::vector<std::byte> bytes(index.frames.front().sizes.compressed);
    std::string raw;
    if (detail::read_at(fd, index.frames.front().offset, bytes) != bytes.size()) return false;
    if (!detail::FrameDecompressor().decompress(bytes, raw)) return index.frames.size() == 1;
    return raw.starts_with('#') &&
           raw.substr(0, raw.find('\n')).find(R"({"pinwheel":1,)") != std::string::npos;
}

}  // namespace

int FileCalls::open(const std::string& path, bool must_exist) noexcept {
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | (must_exist ? 0 : O_CREAT | O_EXCL);
    return ::open(path.c_str(), flags, kMode);
}

std::ptrdiff_t FileCalls::write(int fd, std::span<const std::byte> bytes) noexcept {
    return ::write(fd, bytes.data(), bytes.size());
}

int FileCalls::sync(int fd) noexcept {
    return ::fdatasync(fd);
}

int FileCalls::sync_folder(const std::string& path) noexcept {
    try {
        const auto folder = std::filesystem::path(path).parent_path();
        const UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd) return -1;
        return ::fsync(fd.get()) == 0 || errno == EINVAL ? 0 : -1;  // EINVAL: the file system needs none
    } catch (const std::exception&) {
        return errno = ENOMEM, -1;
    }
}

int FileCalls::truncate(int fd, std::uint64_t size) noexcept {
    return ::ftruncate(fd, static_cast<off_t>(size));
}

struct RecordFile::State {
    FileCalls& calls;
    const std::string path;
    UniqueFd fd{};
    std::uint64_t size = 0;  // of complete frames
    bool torn = false;       // the file holds more bytes than that
    bool name_is_synced = false;
    std::vector<detail::FrameSizes> frames{};

    /// Cuts off all bytes behind the complete frames. Returns 0 or the errno.
    [[nodiscard]] int cut() noexcept {
        if (calls.truncate(fd.get(), size) != 0) return errno;
        torn = false;
        return 0;
    }
    [[nodiscard]] int put(std::span<const std::byte> bytes) noexcept {
        if (torn)
            if (const int error = cut(); error != 0) return error;
        for (auto rest = bytes; !rest.empty();) {
            const auto written = calls.write(fd.get(), rest);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) {
                const int error = written < 0 ? errno : ENOSPC;
                torn = true;
                if (rest.size() == bytes.size())
                    torn = false;  // nothing of it was written
                else
                    static_cast<void>(cut());  // if it fails, the next call repeats it
                return error;
            }
            rest = rest.subspan(static_cast<std::size_t>(written));
        }
        size += bytes.size();
        return 0;
    }
};

RecordFile::RecordFile(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
RecordFile::RecordFile(RecordFile&&) noexcept = default;
RecordFile& RecordFile::operator=(RecordFile&&) noexcept = default;
RecordFile::~RecordFile() = default;

Result<RecordFile> RecordFile::create(FileCalls& calls, std::string path) {
    auto state = std::make_unique<State>(State{calls, std::move(path)});
    state->fd = UniqueFd(calls.open(state->path, false));
    if (!state->fd)
        return errno == EEXIST ? Error{Errc::invalid_state, state->path + ": exists already"}
                               : failed(state->path, errno);
    std::ignore = ::flock(state->fd.get(), LOCK_EX | LOCK_NB);
    return RecordFile(std::move(state));
}

Result<RecordFile> RecordFile::adopt(FileCalls& calls, std::string path, RecordRepair& repair) {
    auto state = std::make_unique<State>(State{calls, std::move(path)});
    state->fd = UniqueFd(calls.open(state->path, true));
    if (!state->fd) return failed(state->path, errno);
    const int fd = state->fd.get();
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return Error{Errc::invalid_state, state->path + ": another process is recording to it"};
    struct stat status {};
    if (::fstat(fd, &status) != 0) return failed(state->path, errno);
    const auto file_size = static_cast<std::uint64_t>(status.st_size);
    auto index = detail::index_frames(fd, file_size);
    if (!index.damage.empty())
        return Error{Errc::invalid_state, state->path + ": is damaged at byte " +
                                              std::to_string(index.damage.front().offset) +
                                              ", with complete frames behind it; it was not changed"};
    if (!is_recording(fd, index, file_size))
        return Error{Errc::invalid_state, state->path + ": exists already, and is not a recording"};
    detail::FrameDecompressor decompressor;
    while (!index.frames.empty() && !is_whole(fd, index.frames.back(), decompressor)) {
        index.torn += index.end - index.frames.back().offset;
        index.end = index.frames.back().offset;
        index.frames.pop_back();
    }
    state->size = index.end;
    for (const auto& frame : index.frames) state->frames.push_back(frame.sizes);
    repair = {.cut = index.torn, .frames = index.frames.size()};
    if (file_size > state->size)
        if (const int error = state->cut(); error != 0) return failed(state->path, error);
    return RecordFile(std::move(state));
}

Error RecordFile::append(std::span<const std::byte> frame, std::uint64_t raw_size) {
    if (const int error = state_->put(frame); error != 0) return failed(state_->path, error);
    state_->frames.push_back({.compressed = static_cast<std::uint32_t>(frame.size()),
                              .raw = static_cast<std::uint32_t>(raw_size)});
    return {};
}

Error RecordFile::sync() {
    if (!state_->name_is_synced) {
        if (state_->calls.sync_folder(state_->path) != 0) return failed(state_->path, errno);
        state_->name_is_synced = true;
    }
    return state_->calls.sync(state_->fd.get()) == 0 ? Error{} : failed(state_->path, errno);
}

void RecordFile::finish() {
    std::string table;
    detail::append_seek_table(table, state_->frames);
    static_cast<void>(state_->put(std::as_bytes(std::span(table))));  // optional
}

const std::string& RecordFile::path() const noexcept {
    return state_->path;
}

std::uint64_t RecordFile::size() const noexcept {
    return state_->size;
}

}  // namespace pinwheel
