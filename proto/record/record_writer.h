#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "../../core/record.h"
#include "record_file.h"
#include "record_line.h"
#include "record_options.h"
#include "zstd_frame_impl.h"

namespace pinwheel {

/// A moment on both clocks.
struct Moment {
    TimePoint now{};
    SystemTime unix_now{};
};

/// Turns a ring's records into lines, lines into frames, and frames into files. A frame that cannot be
/// written is kept and tried again each second; meanwhile nothing is taken. Threading: one thread. Invariant:
/// what is on disk is a prefix of what was taken, in whole lines. Allocates: yes.
class RecordWriter {
  public:
    /// Says what a person should know: a repair, a stop, that it goes on.
    using Alert = std::function<void(std::string_view)>;

    static constexpr std::size_t kFrameTarget = std::size_t{512} << 10;
    static constexpr std::size_t kFrameMost = std::size_t{1} << 20;
    /// Lines wait no longer for their frame.
    static constexpr Duration kFrameTime = std::chrono::milliseconds{500};
    static constexpr Duration kRetry = std::chrono::seconds{1};
    /// A frame begins with a header after so many bytes or so long, for readers that begin in the middle.
    static constexpr std::uint64_t kHeaderBytes = std::uint64_t{8} << 20;
    static constexpr Duration kHeaderTime = std::chrono::seconds{10};

    RecordWriter(RecordOptions options, FileCalls& calls, Alert alert);

    /// Takes up the newest file of this name if it is of the same rotation and below the limit of size; else
    /// makes one. Before all else.
    [[nodiscard]] Error open(const Moment& at);

    /// False while a frame waits for the disk.
    [[nodiscard]] bool has_room() const noexcept { return pending_.empty(); }
    /// Only if has_room().
    void take(const RecordHeader& record, const Moment& at);
    /// A line of the kinds sent, gap and leg; its leg is the writer's own. Only if has_room().
    void note(RecordLine line, const Moment& at);
    /// Writes what is due. Call it often: at least each tenth of kFrameTime.
    void step(const Moment& at);
    /// Writes all, and ends the file in order. The error: what could not be written is lost, and with it the
    /// messages that `wait` in the ring.
    [[nodiscard]] Error close(const Moment& at, std::uint64_t wait = 0);

    /// Of the last record that was taken; 0 before.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_.value_or(0); }
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    /// Without `lag` of what is still in the ring.
    [[nodiscard]] RecordStats stats(const Moment& at) const;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    /// What a frame holds.
    struct Content {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        std::uint64_t raw = 0;
        bool starts_file = false;
        TimePoint oldest{};
    };

    /// `since`: when it was read.
    void put(const RecordLine& line, TimePoint since, const Moment& at);
    void take_message(const RecordHeader& record, const Moment& at);
    void begin_line(SystemTime time, const Moment& at);
    void seal(const Moment& at);
    void write_pending(const Moment& at);
    [[nodiscard]] Error try_pending(const Moment& at);
    [[nodiscard]] bool rotation_due(const Moment& at) const;
    [[nodiscard]] Error create_file(const Moment& at);
    [[nodiscard]] Error open_named();
    [[nodiscard]] bool adopt_newest(const Moment& at);
    void use(RecordFile file, SystemTime time);
    void tell_repair(const std::string& path, const RecordRepair& repair) const;
    void end_file();
    void sync();
    void tell(const std::string& text) const {
        if (alert_) alert_(text);
    }
    [[nodiscard]] std::int64_t period_of(SystemTime time) const noexcept;

    const RecordOptions options_;
    const std::string url_;
    FileCalls& calls_;
    const Alert alert_;
    detail::FrameCompressor compressor_;
    std::optional<RecordFile> file_;
    std::string path_;
    SystemTime file_time_{};  // of its name
    std::string lines_;       // of the open frame
    Content open_;
    std::string pending_;  // a frame that waits for the disk
    Content waiting_;
    bool header_due_ = true;
    std::uint64_t since_header_ = 0;  // bytes
    TimePoint header_at_{};
    bool kernel_time_ = true;
    std::uint32_t generation_ = 0;
    std::optional<std::uint64_t> sequence_;
    SystemTime last_time_{};
    TimePoint retry_at_{};
    TimePoint sync_at_{};
    bool unsynced_ = false;
    bool sync_failed_ = false;
    RecordStats stats_;
};

/// `name.YYYYMMDDTHHMMSSZ.zst`
[[nodiscard]] std::string record_file_name(std::string_view name, SystemTime time);
/// The time in the name of such a file; nothing if it is none of this name.
[[nodiscard]] std::optional<SystemTime> time_of_record_file(std::string_view file, std::string_view name);

}  // namespace pinwheel
