#include "record_writer.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "../../core/bytes.h"
#include "../websocket/redactor.h"
#include "../websocket/url.h"
#include "record_version_impl.h"

namespace pinwheel {
namespace {

std::string shown_url(const RecordOptions& options) {
    if (options.with_query) return options.url;
    const auto url = Url::parse(options.url);
    return url ? url->without_query() : std::string();
}

SystemTime unix_time_of(std::int64_t received, const Moment& at) noexcept {
    return at.unix_now + (TimePoint{Duration{received}} - at.now);
}

}  // namespace

RecordWriter::RecordWriter(RecordOptions options, FileCalls& calls, Alert alert)
    : options_(std::move(options)),
      url_(shown_url(options_)),
      calls_(calls),
      alert_(std::move(alert)),
      compressor_(options_.level) {}

Error RecordWriter::open(const Moment& at) {
    if (!detail::zstd_is_available())
        return {Errc::not_permitted,
                "pinwheel was built without recordings; build it with libzstd (Debian: libzstd-dev)"};
    if (!options_.file.empty()) return open_named();
    if (options_.name.empty() || options_.name.find('/') != std::string::npos)
        return {Errc::invalid_argument, "a recording's name must not be empty, and must not hold a '/'"};
    return adopt_newest(at) ? Error{} : create_file(at);
}

Error RecordWriter::open_named() {
    auto made = RecordFile::create(calls_, options_.file);
    RecordRepair repair;
    if (!made && made.error().code == Errc::invalid_state)
        made = RecordFile::adopt(calls_, options_.file, repair);
    if (!made) return made.error();
    tell_repair(options_.file, repair);
    use(*std::move(made), {});
    return {};
}

void RecordWriter::use(RecordFile file, SystemTime time) {
    file_.emplace(std::move(file));
    path_ = file_->path();
    file_time_ = time;
    is_unsafe_ = false;
    must_end_ = false;
    ++stats_.files;
}

void RecordWriter::tell_repair(const std::string& path, const RecordRepair& repair) const {
    if (repair.cut > 0)
        tell(path + ": the last " + std::to_string(repair.cut) +
             " bytes of an incomplete frame were cut off");
}

bool RecordWriter::adopt_newest(const Moment& at) {
    std::error_code unreadable;
    std::string newest;
    SystemTime newest_time{};
    for (std::filesystem::directory_iterator entry(options_.folder, unreadable), end;
         !unreadable && entry != end; entry.increment(unreadable)) {
        const std::string file = entry->path().filename().string();
        const auto time = time_of_record_file(file, options_.name);
        if (time && *time >= newest_time) {
            newest = file;
            newest_time = *time;
        }
    }
    if (newest.empty()) return false;
    RecordRepair repair;
    auto file = RecordFile::adopt(calls_, options_.folder + "/" + newest, repair);
    if (!file) {
        tell(file.error().message() + "; a new file was started");
        return false;
    }
    tell_repair(file->path(), repair);
    const bool full = options_.max_file_size > 0 && file->size() >= options_.max_file_size;
    if (full || period_of(newest_time) != period_of(at.unix_now)) {
        (*file).finish();
        return false;
    }
    use(*std::move(file), newest_time);
    return true;
}

Error RecordWriter::create_file(const Moment& at) {
    using namespace std::chrono;
    SystemTime time =
        std::max(at.unix_now, file_time_ == SystemTime{} ? at.unix_now : file_time_ + seconds{1});
    for (;; time += seconds{1}) {
        auto made = RecordFile::create(calls_, options_.folder + "/" + record_file_name(options_.name, time));
        if (!made && made.error().code == Errc::invalid_state) continue;  // the name is taken
        if (!made) return made.error();
        use(*std::move(made), floor<seconds>(time));
        return {};
    }
}

std::int64_t RecordWriter::period_of(SystemTime time) const noexcept {
    return options_.rotation > Duration::zero() ? time.time_since_epoch() / options_.rotation : 0;
}

bool RecordWriter::rotation_due(const Moment& at) const {
    if (!has_room() && waiting_.starts_file) return false;  // the file begins with the waiting record
    if (!file_) return true;
    if (!options_.file.empty()) return false;
    return must_end_ || (options_.max_file_size > 0 && file_->size() >= options_.max_file_size) ||
           period_of(file_time_) < period_of(at.unix_now);
}

/// The text in front of a line: a header at the front of a frame, and where the kind of time changes.
void RecordWriter::begin_line(SystemTime time, const Moment& at) {
    if (lines_.empty()) {
        open_ = {.starts_file = rotation_due(at), .oldest = at.now};
        header_due_ = header_due_ || open_.starts_file || since_header_ >= kHeaderBytes ||
                      at.now - header_at_ >= kHeaderTime;
    }
    if (!header_due_) return;
    header_due_ = false;
    since_header_ = 0;
    header_at_ = at.now;
    append_line(lines_, {.kind = LineKind::header,
                         .time = time,
                         .leg = options_.leg,
                         .generation = generation_,
                         .sequence = sequence(),
                         .kernel_time = kernel_time_,
                         .text = detail::kVersion});
}

void RecordWriter::put(const RecordLine& line, TimePoint since, const Moment& at) {
    const std::size_t most = line.payload.size() / 3 * 4 + line.text.size() + 512;
    if (!lines_.empty() && lines_.size() + most > kFrameMost) seal(at);
    begin_line(line.time, at);
    const std::size_t before = lines_.size();
    append_line(lines_, line);
    since_header_ += lines_.size() - before;
    last_time_ = line.time;
    open_.oldest = std::min(open_.oldest, since);
    if (line.kind == LineKind::message) {
        ++open_.messages;
        open_.bytes += line.payload.size();
    }
    if (lines_.size() >= kFrameTarget) seal(at);
}

void RecordWriter::take(const RecordHeader& record, const Moment& at) {
    const bool is_message = record.kind == RecordKind::message;
    if (!sequence_) {
        const bool begins = record.kind == RecordKind::connected && record.generation > 0;
        sequence_ = record.sequence - (is_message && record.sequence > 0 ? 1 : 0);
        generation_ = record.generation - (begins ? 1 : 0);
    }
    if (record.kind != RecordKind::dropped) is_over_ = record.kind == RecordKind::disconnected;
    if (is_message) return take_message(record, at);
    RecordLine line{.time = record.received != 0         ? unix_time_of(record.received, at)
                            : last_time_ != SystemTime{} ? last_time_
                                                         : at.unix_now,
                    .leg = options_.leg,
                    .generation = record.generation,
                    .sequence = record.sequence};
    const auto payload = record.payload();
    switch (record.kind) {
        case RecordKind::connected:
            line.kind = LineKind::connected;
            line.text = url_;
            break;
        case RecordKind::disconnected:
            line.kind = LineKind::disconnected;
            line.code = record.code;
            line.reason = record.reason;
            line.text = chars_of(payload);
            break;
        case RecordKind::dropped:
            line.kind = LineKind::dropped;
            line.count = record.count;
            stats_.dropped += record.count;
            break;
        case RecordKind::message:
        case RecordKind::gap:  // of a feed
        case RecordKind::channel_state:
        case RecordKind::leg_state:
            return;
    }
    put(line, at.now, at);
    generation_ = record.generation;
    sequence_ = record.sequence;
}

void RecordWriter::take_message(const RecordHeader& record, const Moment& at) {
    const bool kernel_time = record.kernel_received != 0;
    const TimePoint received{Duration{record.received}};
    const RecordLine line{.time = kernel_time ? SystemTime{Duration{record.kernel_received}}
                                              : unix_time_of(record.received, at),
                          .leg = options_.leg,
                          .generation = record.generation,
                          .sequence = record.sequence,
                          .kernel_time = kernel_time,
                          .is_text = record.is_text(),
                          .payload = record.payload()};
    if (line.payload.size() > detail::kLargestFrame / 2) {
        ++stats_.dropped;  // the next message shows the gap
        return;
    }
    if (record.sequence != sequence() + 1 || record.generation != generation_) {
        const std::uint64_t missing = record.sequence - std::min(record.sequence, sequence() + 1);
        put({.kind = LineKind::dropped,
             .time = line.time,
             .leg = options_.leg,
             .generation = record.generation,
             .sequence = record.sequence - 1,
             .count = missing},
            received, at);
        generation_ = record.generation;
        sequence_ = record.sequence - 1;
    }
    header_due_ = header_due_ || kernel_time != kernel_time_;
    kernel_time_ = kernel_time;
    put(line, received, at);
    sequence_ = record.sequence;
}

void RecordWriter::note(RecordLine line, const Moment& at) {
    if (!sequence_) {
        sequence_ = line.sequence;
        generation_ = line.generation;
    }
    line.leg = options_.leg;
    line.generation = generation_;
    line.sequence = *sequence_;
    put(line, at.now, at);
}

void RecordWriter::seal(const Moment& at) {
    if (lines_.empty() || !has_room()) return;
    if (!compressor_.compress(lines_, pending_)) {
        pending_.clear();
        ++stats_.write_failures;  // no memory; the lines stay
        return;
    }
    waiting_ = open_;
    waiting_.raw = lines_.size();
    lines_.clear();
    write_pending(at);
}

void RecordWriter::write_pending(const Moment& at) {
    if (has_room() || at.now < retry_at_) return;
    if (const Error error = try_pending(at); error.failed()) {
        ++stats_.write_failures;
        retry_at_ = at.now + kRetry;
        if (!stats_.is_stopped)
            tell(error.message() +
                 "; the recording has stopped, and messages wait in the ring as far as it has room; the "
                 "recording "
                 "goes on once the disk takes more");
        stats_.is_stopped = true;
        return;
    }
    if (stats_.is_stopped) tell(path_ + ": the recording goes on");
    stats_.is_stopped = false;
    stats_.messages += waiting_.messages;
    stats_.bytes += waiting_.bytes;
    stats_.raw_bytes += waiting_.raw;
    stats_.written_bytes += pending_.size();
    unsynced_ += pending_.size();
    pending_.clear();
}

Error RecordWriter::try_pending(const Moment& at) {
    if (waiting_.starts_file) {
        if (file_) end_file();
        if (Error error = create_file(at); error.failed()) return error;
        waiting_.starts_file = false;
    }
    return file_->append(std::as_bytes(std::span(pending_)), waiting_.raw);
}

void RecordWriter::end_file() {
    file_->finish();
    if (options_.sync_interval > Duration::zero()) sync();
    file_.reset();
}

/// The kernel marks bytes as written that it could not write, so a later success does not cover them. A file
/// with a failed call is followed by a new one, at the first failure and at the first success after it.
void RecordWriter::sync() {
    const Error error = file_->sync();
    if (error.failed()) {
        ++stats_.sync_failures;
        stats_.unsafe_bytes += unsynced_;
        if (!sync_failed_)
            tell(error.message() + "; the last " + std::to_string(unsynced_) +
                 " bytes may not survive a loss of power" +
                 (options_.file.empty() ? "; the recording continues in a new file" : ""));
        must_end_ = must_end_ || !sync_failed_;
        is_unsafe_ = true;
    } else {
        if (sync_failed_) tell(path_ + ": fdatasync works again");
        must_end_ = must_end_ || is_unsafe_;
    }
    unsynced_ = 0;
    sync_failed_ = error.failed();
}

void RecordWriter::step(const Moment& at) {
    write_pending(at);
    if (!lines_.empty() && at.now - open_.oldest >= kFrameTime) seal(at);
    if (options_.sync_interval > Duration::zero() && unsynced_ > 0 && file_ && at.now >= sync_at_) {
        sync_at_ = at.now + options_.sync_interval;
        sync();
    }
}

Error RecordWriter::close(const Moment& at, std::uint64_t wait) {
    for (int frames = 0; frames < 2; ++frames) {  // one may wait in front of the open one
        retry_at_ = at.now;
        write_pending(at);
        seal(at);
    }
    Error failed;
    const std::uint64_t lost =
        wait + (has_room() ? 0 : waiting_.messages) + (lines_.empty() ? 0 : open_.messages);
    if (!has_room() || !lines_.empty() || wait > 0)
        failed = {Errc::io_failure, path_ + ": " + std::to_string(lost) +
                                        " messages at the end could not be written, and are lost"};
    stats_.dropped += lost;
    if (file_) end_file();
    pending_.clear();
    lines_.clear();
    return failed;
}

RecordStats RecordWriter::stats(const Moment& at) const {
    RecordStats stats = stats_;
    if (!has_room())
        stats.lag = at.now - waiting_.oldest;
    else if (!lines_.empty())
        stats.lag = at.now - open_.oldest;
    return stats;
}

}  // namespace pinwheel
