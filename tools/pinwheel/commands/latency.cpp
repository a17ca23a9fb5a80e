#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "../terminal/latency_plot.h"
#include "../terminal/live_view.h"
#include "../terminal/message_text.h"
#include "../terminal/terminal.h"
#include "feed_run.h"
#include "options.h"
#include "stamp.h"

namespace pinwheel::tool {
namespace {

constexpr Duration kQuiet = std::chrono::seconds{2};  // before progress is shown
constexpr double kSlots = 200;                        // of the timeline
constexpr double kLeastSlot = 0.05;                   // seconds

struct LatencyOptions {
    ClientOptions client{};
    FeedRunOptions run{.seconds = 10};
    std::optional<std::string> stamp{};  // a JSON pointer
    std::string stamp_unit = "auto";
    std::string plot{};
    bool json = false;
};

/// A file whose writability is checked before the run. If it is new, a failed run removes it.
class OutputFile {
  public:
    explicit OutputFile(const std::string& path)
        : path_(path),
          is_new_(::access(path.c_str(), F_OK) != 0),
          fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
        if (!fd_) throw UsageError{"--plot '" + path + "' cannot be written: " + std::strerror(errno)};
    }
    ~OutputFile() {
        if (is_new_ && !written_) ::unlink(path_.c_str());
    }
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    void write(std::string_view text) {
        written_ = true;
        struct stat kind {};
        bool good =
            ::fstat(fd_.get(), &kind) == 0 && (!S_ISREG(kind.st_mode) || ::ftruncate(fd_.get(), 0) == 0);
        while (good && !text.empty()) {
            const auto size = ::write(fd_.get(), text.data(), text.size());
            good = size > 0;
            if (good) text.remove_prefix(static_cast<std::size_t>(size));
        }
        if (!good)
            throw std::runtime_error("--plot '" + path_ + "' cannot be written: " + std::strerror(errno));
    }

  private:
    const std::string path_;
    const bool is_new_;
    UniqueFd fd_;
    bool written_ = false;
};

/// Measures each message: from the stamp in it, or from its arrival in the kernel, to the handler.
class Latency final : private FeedRun {
  public:
    Latency(Client& client, const LatencyOptions& options)
        : FeedRun(client, options.run),
          options_(options),
          slot_length_(std::chrono::duration_cast<Duration>(
              std::chrono::duration<double>(std::max(kLeastSlot, options.run.seconds / kSlots)))) {
        if (options.stamp) stamp_.emplace(*options.stamp, options.stamp_unit);
    }

    [[nodiscard]] int run(std::optional<OutputFile>& plot) {
        began_ = slot_began_ = client().reactor().now();
        shows_progress_ = Terminal::usable(STDERR_FILENO);
        client().reactor().schedule(slot_timer_, began_ + slot_length_);
        const bool done = run_to_end();
        close_slot(client().reactor().now());
        report_.seconds = std::max(since_began(client().reactor().now()), 1e-3);
        hide_progress();
        for (std::size_t leg = 0; has_legs() && leg < feed().leg_slots(); ++leg)
            if (feed().leg_session(leg) != nullptr)
                report_.legs.push_back({leg, feed().leg_stats(leg).firsts, feed().leg_lead(leg)});
        if (stamp_ && !stamp_->fault().empty()) {
            say(stamp_->fault());
            return 1;
        }
        if (report_.times.count() == 0) {
            if (done) say_why_nothing();
            return 1;
        }
        options_.json ? print_json() : print();
        if (plot) plot->write(draw());
        return done ? 0 : 1;
    }

  private:
    void on_message(const Message& message) override {
        ++messages_;
        const SystemTime now = client().reactor().system_now();
        Duration latency{};
        if (stamp_) {
            const auto age = stamp_->age(message.json(), now);
            if (!stamp_->fault().empty()) fail();
            if (!age) return;
            latency = *age;
        } else {
            if (message.kernel_received == SystemTime{}) return;
            latency = now - message.kernel_received;
        }
        report_.times.record(latency.count());
        slot_.record(latency.count());
    }
    void on_up(TimePoint now) override {
        if (!report_.outages.empty()) report_.outages.back().up = since_began(now);
    }
    void on_lost(TimePoint now) override { report_.outages.push_back({.lost = since_began(now)}); }

    void on_slot_timer(TimePoint now) {
        close_slot(now);
        if (shows_progress_ && now - began_ >= kQuiet &&
            now - progress_at_ >= std::chrono::milliseconds{250}) {
            std::array<char, 64> part{};
            std::snprintf(part.data(), part.size(), "%.0f of %.0f s, ", since_began(now),
                          options_.run.seconds);
            show_progress(part.data() + grouped(messages_) + " messages, p99 " +
                          short_time(report_.times.value_at(99)));
            progress_at_ = now;
        }
        client().reactor().schedule(slot_timer_, now + slot_length_);
    }
    void close_slot(TimePoint now) {
        if (slot_.count() > 0)
            report_.slots.push_back({.from = since_began(slot_began_),
                                     .until = since_began(now),
                                     .p50 = slot_.value_at(50),
                                     .p99 = slot_.value_at(99),
                                     .max = slot_.max()});
        slot_.reset();
        slot_began_ = now;
    }
    [[nodiscard]] double since_began(TimePoint now) const {
        return std::chrono::duration<double>(now - began_).count();
    }

    void say_why_nothing() {
        const std::string from = " from " + client().url().without_query();
        if (messages_ == 0) return say("no message came" + from + "; does it need a --subscribe?");
        say(options_.stamp ? "no message" + from + " has a value at --stamp '" + *options_.stamp + "'"
                           : "the kernel gave no times of arrival for messages" + from + "; use --stamp");
    }
    [[nodiscard]] std::string source() const {
        return options_.stamp ? "stamp " + *options_.stamp : "kernel arrival";
    }
    void print() const {
        const std::size_t losses = report_.outages.size();
        std::printf("%s messages from %s in %.1f s, %zu disconnect%s\n",
                    grouped(report_.times.count()).c_str(), client_url_.c_str(), report_.seconds, losses,
                    losses == 1 ? "" : "s");
        std::printf("%s to handler: %s\n", source().c_str(), percentiles().c_str());
        for (const auto& leg : report_.legs)
            std::printf("leg %zu: first with %s messages, ahead by p50 %s, p99 %s (of %s samples)\n",
                        leg.number, grouped(leg.firsts).c_str(), short_time(leg.lead.value_at(50)).c_str(),
                        short_time(leg.lead.value_at(99)).c_str(), grouped(leg.lead.count()).c_str());
    }
    [[nodiscard]] std::string percentiles() const {
        std::string text;
        for (const auto& [name, percentile] : kPercentiles)
            text += std::string(name) + " " + short_time(report_.times.value_at(percentile)) + ", ";
        return text + "max " + short_time(report_.times.max());
    }
    void print_json() const {
        const auto at = [&](double percentile) { return report_.times.value_at(percentile); };
        std::printf(R"({"messages":%)" PRIu64 R"(,"measured":%)" PRIu64
                    R"(,"seconds":%.3f,"disconnects":%zu,"latency_ns":{"p50":%)" PRIu64 R"(,"p90":%)" PRIu64
                    R"(,"p99":%)" PRIu64 R"(,"p999":%)" PRIu64 R"(,"p9999":%)" PRIu64 R"(,"max":%)" PRIu64
                    "}",
                    messages_, report_.times.count(), report_.seconds, report_.outages.size(), at(50), at(90),
                    at(99), at(99.9), at(99.99), report_.times.max());
        const char* before = R"(,"legs":[)";
        for (const auto& leg : report_.legs)
            std::printf(R"(%s{"leg":%zu,"firsts":%)" PRIu64 R"(,"lead_ns":{"samples":%)" PRIu64
                        R"(,"p50":%)" PRIu64 R"(,"p99":%)" PRIu64 "}}",
                        std::exchange(before, ","), leg.number, leg.firsts, leg.lead.count(),
                        leg.lead.value_at(50), leg.lead.value_at(99));
        std::puts(report_.legs.empty() ? "}" : "]}");
    }
    [[nodiscard]] std::string draw() {
        report_.title = "Latency of " + client_url_;
        report_.subtitle =
            source() + " to handler, " + grouped(report_.times.count()) + " messages: " + percentiles();
        return draw_latency(report_);
    }

    static constexpr std::array<std::pair<const char*, double>, 5> kPercentiles{
        {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}}};

    const LatencyOptions& options_;
    const std::string client_url_ = client().url().without_query();
    const Duration slot_length_;
    TimePoint began_{};
    TimePoint slot_began_{};
    TimePoint progress_at_{};
    bool shows_progress_ = false;
    std::uint64_t messages_ = 0;
    std::optional<StampReader> stamp_;
    Histogram slot_;
    LatencyReport report_;
    Timer slot_timer_{Timer::Callback::member<&Latency::on_slot_timer>(*this)};
};

int latency(const LatencyOptions& options) {
    catch_signals();
    if (options.stamp) check_pointer("--stamp", *options.stamp);
    std::optional<OutputFile> plot;
    if (!options.plot.empty()) plot.emplace(options.plot);
    Client client(with_venue(options.client, options.run));
    return Latency(client, options).run(plot);
}

}  // namespace

Command latency_command(CLI::App& app) {
    const auto options = std::make_shared<LatencyOptions>();
    auto* const command =
        add_command(app, "latency", "measure the latency of a feed's messages",
                    "pinwheel latency wss://127.0.0.1:8443/ --ca ca.pem --subscribe '*' --stamp /ts --plot "
                    "latency.svg");
    add_client_options(*command, options->client, Source::command_line_or_config);
    add_run_options(*command, options->run);
    add_value(*command, "--seconds", options->run.seconds, "SECONDS", "length of the run")
        ->capture_default_str()
        ->check(seconds(1e-3));
    add_value(*command, "--stamp", options->stamp, "POINTER",
              "measure from the time at this JSON pointer of each message, such as /ts, instead of from the "
              "arrival in the kernel");
    add_value(*command, "--stamp-unit", options->stamp_unit, "auto|ns|us|ms|s|iso",
              "unit of --stamp since 1970, or RFC 3339; auto: guessed from the size of the first one")
        ->capture_default_str()
        ->needs("--stamp");
    add_value(*command, "--plot", options->plot, "FILE",
              "draw percentiles and a timeline into this SVG file");
    command->add_flag("--json", options->json, "print one JSON object");
    return {command, [options] { return latency(*options); }};
}

}  // namespace pinwheel::tool
