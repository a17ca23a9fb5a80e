#include "record_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "../../core/record.h"
#include "../../net/unique_fd.h"
#include "frame_index_impl.h"
#include "zstd_frame_impl.h"

namespace pinwheel {
namespace {

/// One file, frame by frame.
class FrameFile {
  public:
    [[nodiscard]] static Result<std::unique_ptr<FrameFile>> open(const std::string& path) {
        auto file = std::make_unique<FrameFile>();
        file->fd_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        struct stat status {};
        if (!file->fd_ || ::fstat(file->fd_.get(), &status) != 0)
            return Error{errc_from_errno(errno), path + ": cannot be read (" + std::strerror(errno) + ")"};
        if (!S_ISREG(status.st_mode)) return Error{Errc::invalid_argument, path + ": is not a file"};
        file->path_ = path;
        file->size_ = static_cast<std::uint64_t>(status.st_size);
        file->index_ = detail::index_frames(file->fd_.get(), file->size_);
        return file;
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] const detail::FrameIndex& index() const noexcept { return index_; }
    /// The lines of a frame, with padding behind them. False: the frame is damaged.
    [[nodiscard]] bool read(std::size_t frame, std::string& lines) {
        const auto& place = index_.frames[frame];
        bytes_.resize(place.sizes.compressed);
        if (detail::read_at(fd_.get(), place.offset, bytes_) != bytes_.size()) return false;
        if (!decompressor_.decompress(bytes_, lines)) return false;
        lines.append(kPayloadPadding, '\0');
        return true;
    }

  private:
    UniqueFd fd_;
    std::string path_;
    std::uint64_t size_ = 0;
    detail::FrameIndex index_;
    std::vector<std::byte> bytes_;
    detail::FrameDecompressor decompressor_;
};

}  // namespace

struct RecordReader::State {
    explicit State(std::vector<std::string> names) : paths(std::move(names)) {}

    const std::vector<std::string> paths;
    std::size_t next_path = 0;
    std::unique_ptr<FrameFile> file;
    std::size_t next_frame = 0;
    std::string lines;
    std::size_t at = 0;   // place in `lines`
    std::size_t end = 0;  // end of `lines`, without the padding
    LineParser parser;
    RecordLine line;
    std::optional<SystemTime> from;  // lines before it are skipped
    std::vector<RecordLoss> losses;
    RecordSummary summary;

    void lose(std::uint64_t offset, std::uint64_t bytes, const char* what) {
        ++summary.losses;
        if (losses.size() < kMostLosses) losses.push_back({file->path(), offset, bytes, what});
    }
    /// False: there is no next file.
    [[nodiscard]] bool open_next() {
        if (next_path == paths.size()) return false;
        const std::string& path = paths[next_path++];
        auto opened = FrameFile::open(path);
        if (!opened) {
            ++summary.losses;
            losses.push_back({path, 0, 0, opened.error().message()});
            return open_next();
        }
        use(*std::move(opened));
        return true;
    }
    void use(std::unique_ptr<FrameFile> opened) {
        file = std::move(opened);
        next_frame = 0;
        at = end = 0;
        parser = {};
        summary.file_bytes += file->size();
        for (const auto& damage : file->index().damage) lose(damage.offset, damage.size, "no frame");
        if (file->index().torn > 0) lose(file->index().end, file->index().torn, "a torn tail");
    }
    /// The next readable frame; false at the end of all files.
    [[nodiscard]] bool next_lines() {
        for (;;) {
            if (file == nullptr || next_frame == file->index().frames.size()) {
                if (!open_next()) return false;
                continue;
            }
            const auto& place = file->index().frames[next_frame];
            at = end = 0;
            if (file->read(next_frame++, lines)) {
                end = lines.size() - kPayloadPadding;
                ++summary.frames;
                summary.raw_bytes += end;
                return true;
            }
            lose(place.offset, place.sizes.compressed, "a damaged frame");
        }
    }
    [[nodiscard]] const RecordLine* next() {
        for (;;) {
            if (at == end && !next_lines()) return nullptr;
            const char* const begin = lines.data() + at;
            const auto* const found = static_cast<const char*>(std::memchr(begin, '\n', end - at));
            const std::size_t size = found != nullptr ? static_cast<std::size_t>(found - begin) : end - at;
            at += size + (found != nullptr ? 1 : 0);
            if (size == 0 && found != nullptr) continue;
            const auto parsed = parser.parse({begin, size});
            if (!parsed) {
                lose(file->index().frames[next_frame - 1].offset, 0, "a line that is none of a recording");
                continue;
            }
            line = *parsed;
            if (from && line.time < *from) continue;
            from.reset();
            count();
            return &line;
        }
    }
    void count() noexcept {
        if (summary.first == SystemTime{}) summary.first = line.time;
        summary.last = std::max(summary.last, line.time);
        switch (line.kind) {
            case LineKind::message:
                ++summary.messages;
                summary.bytes += line.payload.size();
                break;
            case LineKind::connected:
                ++summary.connections;
                break;
            case LineKind::disconnected:
                ++summary.ends;
                break;
            case LineKind::sent:
                ++summary.sent;
                break;
            case LineKind::dropped:
                summary.dropped += line.count;
                break;
            case LineKind::gap:
                ++summary.gaps;
                break;
            case LineKind::header:
            case LineKind::leg:
                break;
        }
    }

    /// The first line of a frame; nothing if it is unreadable.
    struct Front {
        SystemTime time{};
        bool is_header = false;
    };
    [[nodiscard]] std::optional<Front> front_of(FrameFile& of, std::size_t frame) {
        if (!of.read(frame, lines)) return std::nullopt;
        const std::string_view all(lines.data(), lines.size() - kPayloadPadding);
        const auto parsed = LineParser().parse(all.substr(0, all.find('\n')));
        if (!parsed) return std::nullopt;
        return Front{parsed->time, parsed->kind == LineKind::header};
    }
    /// The last frame that begins at or before `time`, or the first frame.
    [[nodiscard]] std::size_t frame_before(FrameFile& of, SystemTime time) {
        std::size_t low = 0;
        std::size_t high = of.index().frames.size();
        while (high - low > 1) {
            const std::size_t middle = low + (high - low) / 2;
            const auto front = front_of(of, middle);
            (front && front->time > time ? high : low) = middle;
        }
        return low;
    }
    void seek(SystemTime time) {
        // The last file that begins at or before it.
        std::size_t chosen = 0;
        for (std::size_t i = 0; i < paths.size() && paths.size() > 1; ++i) {
            auto opened = FrameFile::open(paths[i]);
            if (!opened || (*opened)->index().frames.empty()) continue;
            const auto front = front_of(**opened, 0);
            if (front && front->time <= time) chosen = i;
        }
        file.reset();
        next_path = chosen;
        at = end = 0;
        from = time;
        if (!open_next() || file->index().frames.empty()) return;
        next_frame = frame_before(*file, time);
        // Numbers continue from a header.
        for (; next_frame > 0; --next_frame)
            if (const auto front = front_of(*file, next_frame); front && front->is_header) break;
        at = end = 0;
    }
};

RecordReader::RecordReader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

Result<RecordReader> RecordReader::open(std::vector<std::string> paths) {
    if (!detail::zstd_is_available())
        return Error{Errc::not_permitted,
                     "pinwheel was built without recordings; build it with libzstd (Debian: libzstd-dev)"};
    auto state = std::make_unique<State>(std::move(paths));
    for (const auto& path : state->paths) {
        auto file = FrameFile::open(path);
        if (!file) return file.error();
    }
    return RecordReader(std::move(state));
}

Result<RecordReader> RecordReader::open(std::string path) {
    std::vector<std::string> paths;
    paths.push_back(std::move(path));
    return open(std::move(paths));
}

const RecordLine* RecordReader::next() {
    return state_->next();
}

void RecordReader::seek(SystemTime time) {
    state_->seek(time);
}

const std::vector<RecordLoss>& RecordReader::losses() const noexcept {
    return state_->losses;
}

const RecordSummary& RecordReader::summary() const noexcept {
    return state_->summary;
}

}  // namespace pinwheel
