// The reader of recordings: whole files, and lines in a valid frame.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "../../net/unique_fd.h"
#include "../../proto/record/record_file.h"
#include "../../proto/record/record_reader.h"
#include "../../proto/record/zstd_frame_impl.h"
#include "../support/require.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

/// A file in memory, with a path.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view content) : fd_(::memfd_create("recording", MFD_CLOEXEC)) {
        require(
            fd_ && ::write(fd_.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "no file in memory");
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
    [[nodiscard]] off_t size() const { return ::lseek(fd_.get(), 0, SEEK_END); }

  private:
    UniqueFd fd_;
};

/// Parsing, writing and parsing again gives the same line.
void write_again(const RecordLine& line) {
    std::string text;
    append_line(text, line);
    const std::size_t size = text.size() - 1;
    require(text[size] == '\n' && text.find('\n') == size, "a line break inside of a line");
    text.append(64, '\0');
    LineParser parser;
    const auto again = parser.parse(std::string_view(text).substr(0, size));
    require(again.has_value(), "a line that was written is not read");
    require(again->kind == line.kind && again->time == line.time && again->is_text == line.is_text &&
                again->code == line.code && again->count == line.count && again->hidden == line.hidden,
            "a line that was written is read as another");
    require(std::string_view(reinterpret_cast<const char*>(again->payload.data()), again->payload.size()) ==
                std::string_view(reinterpret_cast<const char*>(line.payload.data()), line.payload.size()),
            "a payload has changed");
}

void read_all(const std::string& path, SystemTime time) {
    auto reader = RecordReader::open(path);
    if (!reader) return;
    std::uint64_t lines = 0;
    while (const RecordLine* const line = (*reader).next()) {
        ++lines;
        write_again(*line);
    }
    require(lines <= reader->summary().raw_bytes, "more lines than bytes");
    (*reader).seek(time);
    if (const RecordLine* const line = (*reader).next())
        require(line->time >= time, "seek went too far back");
}

}  // namespace

void fuzz_recording(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const bool as_lines = input.flag();
    const SystemTime time{std::chrono::seconds{static_cast<std::int64_t>(input.below(4)) * 600'000'000}};
    std::string content(input.rest());
    if (as_lines && !detail::FrameCompressor(1).compress(input.rest(), content)) return;
    const MemoryFile file(content);
    read_all(file.path(), time);
    FileCalls calls;
    RecordRepair repair;
    auto adopted = RecordFile::adopt(calls, file.path(), repair);
    if (!adopted)
        return require(file.size() == static_cast<off_t>(content.size()), "a file was cut and refused");
    // A reopened file has only complete frames.
    auto reader = RecordReader::open(file.path());
    require(static_cast<bool>(reader), "a file that was taken up cannot be read");
    while ((*reader).next() != nullptr) {
    }
    for (const auto& loss : reader->losses()) require(loss.what != "a torn tail", "a torn tail is left");
}

}  // namespace pinwheel::test
