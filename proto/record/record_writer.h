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

/// One moment on both clocks.
struct Moment {
    TimePoint now{};
    SystemTime unix_now{};
};

/// Turns a ring's records into lines, lines into frames, and frames into files. A frame that cannot be
/// written is kept and retried each second. Meanwhile no record is taken. Threading: one thread. Invariant:
/// the disk holds a prefix of the taken records, in complete lines. Allocates: yes.
class RecordWriter {
  public:
    /// Reports conditions that a person should know: a repair, a stop, a resumption.
    using Alert = std::function<void(std::string_view)>;

    static constexpr std::size_t kFrameTarget = std::size_t{512} << 10;
    static constexpr std::size_t kFrameMost = std::size_t{1} << 20;
    /// The longest time that a line waits for its frame.
    static constexpr Duration kFrameTime = std::chrono::milliseconds{500};
    static constexpr Duration kRetry = std::chrono::seconds{1};
    /// A frame begins with a header after this many bytes or this long, for readers that start in the middle.
    static constexpr std::uint64_t kHeaderBytes = std::uint64_t{8} << 20;
    static constexpr Duration kHeaderTime = std::chrono::seconds{10};

    RecordWriter(RecordOptions options, FileCalls& calls, Alert alert);

    /// Reopens the newest file of this name if it is of the same rotation and below the size limit; else
    /// creates one. Call it first.
    [[nodiscard]] Error open(const Moment& at);

    /// False while a frame waits for the disk.
    [[nodiscard]] bool has_room() const noexcept { return pending_.empty(); }
    /// Requires has_room().
    void take(const RecordHeader& record, const Moment& at);
    /// A line of the kinds sent, gap and leg, after the last taken record. Leg, generation and sequence are
    /// the writer's; before the first record, the line's. Requires has_room().
    void note(RecordLine line, const Moment& at);
    /// Writes the due frames. Call it often: at least every tenth of kFrameTime.
    void step(const Moment& at);
    /// Writes everything, and ends the file in order. The error: the unwritten part is lost, and so are the
    /// messages that `wait` in the ring.
    [[nodiscard]] Error close(const Moment& at, std::uint64_t wait = 0);

    /// Of the last taken record; 0 before the first.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_.value_or(0); }
    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    /// No connection is up after the last taken record.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }
    /// Does not include the lag of the records that are still in the ring.
    [[nodiscard]] RecordStats stats(const Moment& at) const;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    /// The content of a frame.
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
    SystemTime file_time_{};  // in its name
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
    std::uint64_t unsynced_ = 0;  // bytes
    bool sync_failed_ = false;    // the last call
    bool is_unsafe_ = false;      // a call for this file failed
    bool must_end_ = false;       // later lines go to a new file
    bool is_over_ = true;
    RecordStats stats_;
};

/// `name.YYYYMMDDTHHMMSSZ.zst`
[[nodiscard]] std::string record_file_name(std::string_view name, SystemTime time);
/// The time in the name of such a file. Nothing if the name is another one.
[[nodiscard]] std::optional<SystemTime> time_of_record_file(std::string_view file, std::string_view name);

}  // namespace pinwheel
