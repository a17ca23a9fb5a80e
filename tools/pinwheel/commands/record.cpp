#include "../../../proto/record/recorder.h"

#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "../../../proto/delivery/prometheus.h"
#include "../terminal/live_view.h"
#include "../terminal/metrics_server.h"
#include "../terminal/screen_text.h"
#include "../terminal/terminal.h"
#include "feed_run.h"
#include "options.h"
#include "playback_file.h"

namespace pinwheel::tool {
namespace {

constexpr double kMebibyte = 1 << 20;

struct RecordCommandOptions {
    ClientOptions client{};
    FeedRunOptions run{};
    RecordOptions record{};
    std::string out{};
    double megabytes = 1024;
    double rotate = 3600;
    double sync = 0;
    std::optional<std::uint16_t> metrics_port{};
    std::vector<std::string> files{};  // for info and verify
};

Duration seconds_of(double value) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

/// Records, and shows the progress on a terminal.
class RecordRun final : private FeedRun {
  public:
    RecordRun(Client& client, const RecordCommandOptions& options) : FeedRun(client, options.run) {
        if (!options.metrics_port) return;
        try {
            metrics_.emplace(*options.metrics_port, [this] {
                std::string out;
                append_prometheus(out, ws().stats());
                append_record_metrics(out);
                return out;
            });
        } catch (const std::system_error& error) {
            throw std::runtime_error("--metrics: " + reason_of(error) +
                                     "; choose another port (0: a free one)");
        }
        if (*options.metrics_port == 0)
            say("metrics are at http://127.0.0.1:" + std::to_string(metrics_->port()) + "/metrics");
    }

    [[nodiscard]] int run() {
        if (Terminal::usable(STDERR_FILENO)) client().reactor().schedule_after(timer_, kInterval);
        for (const auto* const recorder : recorders())
            std::printf("recording to %s\n", printable(recorder->path()).c_str());
        std::fflush(stdout);
        const bool done = run_to_end();
        hide_progress();
        const RecordStats stats = record_stats();
        std::printf("%" PRIu64 " messages, %" PRIu64 " dropped, %" PRIu64 " bytes of payload in %" PRIu64
                    " bytes, %" PRIu64 " files\n",
                    stats.messages, stats.dropped, stats.bytes, stats.written_bytes, stats.files);
        return done ? 0 : 1;
    }

  private:
    static constexpr Duration kInterval = std::chrono::milliseconds{500};

    void on_message(const Message&) override {}
    void on_timer(TimePoint) {
        client().reactor().schedule_after(timer_, kInterval);
        const RecordStats stats = record_stats();
        const double passed = std::chrono::duration<double>(kInterval).count();
        std::array<char, 160> line{};
        std::snprintf(
            line.data(), line.size(), "%s messages, %s/s, %.1f MB, lag %.1f s, dropped %s%s",
            grouped(stats.messages).c_str(),
            grouped(static_cast<std::uint64_t>(static_cast<double>(stats.messages - shown_) / passed))
                .c_str(),
            static_cast<double>(stats.written_bytes) / 1e6, std::chrono::duration<double>(stats.lag).count(),
            grouped(stats.dropped).c_str(), stats.is_stopped ? ", THE DISK ACCEPTS NO DATA" : "");
        shown_ = stats.messages;
        show_progress(line.data());
    }

    std::uint64_t shown_ = 0;
    Timer timer_{Timer::Callback::member<&RecordRun::on_timer>(*this)};
    std::optional<MetricsServer> metrics_;
};

int record(const RecordCommandOptions& given) {
    catch_hangups();
    RecordCommandOptions options = given;
    if (options.out.empty())
        throw UsageError{"--out is required: the folder to record to; see pinwheel record --help"};
    Client client(with_venue(options.client, options.run));
    std::error_code refused;
    std::filesystem::create_directories(options.out, refused);
    if (refused) throw UsageError{"--out '" + options.out + "' cannot be made: " + refused.message()};
    options.record.folder = options.out;
    options.record.max_file_size = static_cast<std::uint64_t>(options.megabytes * kMebibyte);
    options.record.rotation = seconds_of(options.rotate);
    options.record.sync_interval = seconds_of(options.sync);
    options.run.record = options.record;
    options.run.only_record = true;
    return RecordRun(client, options).run();
}

/// Reads everything, and prints each loss if asked to. True: no loss.
bool read_all(RecordReader& reader, bool with_losses) {
    while (reader.next() != nullptr) {
    }
    if (with_losses)
        for (const auto& loss : reader.losses())
            std::printf("%s: %s at byte %" PRIu64 ", %" PRIu64 " bytes\n", printable(loss.path).c_str(),
                        loss.what.c_str(), loss.offset, loss.bytes);
    return reader.summary().losses == 0;
}

int info(const RecordCommandOptions& options) {
    auto reader = open_recording(options.files);
    const bool is_whole = read_all(reader, false);
    const RecordSummary& sum = reader.summary();
    const double span = std::chrono::duration<double>(sum.last - sum.first).count();
    if (sum.first != SystemTime{})
        std::printf("from         %s\nto           %s\n", text_of(sum.first).c_str(),
                    text_of(sum.last).c_str());
    std::printf("span         %.3f s\n", sum.first != SystemTime{} ? span : 0.0);
    std::printf("messages     %" PRIu64 "\nbytes        %" PRIu64 "\nconnections  %" PRIu64
                "\nends         %" PRIu64 "\nsent         %" PRIu64 "\ndropped      %" PRIu64
                "\ngaps         %" PRIu64 "\nframes       %" PRIu64 "\n",
                sum.messages, sum.bytes, sum.connections, sum.ends, sum.sent, sum.dropped, sum.gaps,
                sum.frames);
    std::printf(
        "file         %" PRIu64 " bytes\nratio        %.2f\n", sum.file_bytes,
        sum.file_bytes > 0 ? static_cast<double>(sum.raw_bytes) / static_cast<double>(sum.file_bytes) : 0.0);
    if (!is_whole) std::printf("losses       %" PRIu64 "; see pinwheel record verify\n", sum.losses);
    return 0;
}

int verify(const RecordCommandOptions& options) {
    auto reader = open_recording(options.files);
    const bool is_whole = read_all(reader, true);
    const RecordSummary& sum = reader.summary();
    std::printf("%" PRIu64 " frames, %" PRIu64 " messages, %" PRIu64 " dropped, %" PRIu64 " gaps: %s\n",
                sum.frames, sum.messages, sum.dropped, sum.gaps,
                is_whole ? "whole" : (std::to_string(sum.losses) + " losses").c_str());
    return is_whole ? 0 : 1;
}

}  // namespace

Command record_command(CLI::App& app) {
    const auto options = std::make_shared<RecordCommandOptions>();
    auto* const command =
        add_command(app, "record", "record a feed to files",
                    "pinwheel record --venue okx-v5 --channel books:BTC-USDT --out recordings");
    add_client_options(*command, options->client, Source::command_line_or_config);
    add_run_options(*command, options->run);
    add_value(*command, "--out", options->out, "FOLDER", "folder of the files; created if missing");
    add_value(*command, "--name", options->record.name, "NAME",
              "name of the files, NAME.YYYYMMDDTHHMMSSZ.zst")
        ->capture_default_str();
    add_value(*command, "--seconds", options->run.seconds, "SECONDS", "end after this time")
        ->check(seconds(0));
    add_value(*command, "--max-file", options->megabytes, "MIB", "begin the next file at this size; 0: never")
        ->capture_default_str()
        ->check(rate());
    add_value(*command, "--rotate", options->rotate, "SECONDS",
              "begin the next file at multiples of this in Unix time; 0: never")
        ->capture_default_str()
        ->check(seconds(0));
    add_value(*command, "--sync", options->sync, "SECONDS", "time between calls of fdatasync; 0: none")
        ->capture_default_str()
        ->check(seconds(0));
    add_value(*command, "--level", options->record.level, "LEVEL", "compression level of zstd, 1 to 19")
        ->capture_default_str()
        ->check(whole(1, 19));
    command->add_flag("--with-query", options->record.with_query,
                      "record the URL's query, which may hold secrets");
    add_value(*command, "--metrics", options->metrics_port, "PORT",
              "serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0: a free port")
        ->check(whole(0, 65535));
    auto* const info_parser = add_command(*command, "info", "print the contents of a recording",
                                          "pinwheel record info recordings/recording.20261128T070000Z.zst");
    add_value(*info_parser, "FILE", options->files, "", "files of one recording, in order")->required();
    auto* const verify_parser =
        add_command(*command, "verify", "check every frame of a recording; exit status 1 after a loss",
                    "pinwheel record verify recordings/recording.20261128T070000Z.zst");
    add_value(*verify_parser, "FILE", options->files, "", "files of one recording, in order")->required();
    return {command, [options, info_parser, verify_parser] {
                if (info_parser->parsed()) return info(*options);
                if (verify_parser->parsed()) return verify(*options);
                return record(*options);
            }};
}

}  // namespace pinwheel::tool
