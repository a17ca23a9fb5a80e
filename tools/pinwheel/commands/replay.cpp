#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "../../feed/feed_server.h"
#include "../terminal/screen_text.h"
#include "options.h"
#include "playback_file.h"

namespace pinwheel::tool {
namespace {

struct ReplayOptions {
    std::vector<std::string> files{};
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string speed = "1";
    std::string from{};
    std::string to{};
    bool print = false;
};

int print_lines(const ReplayOptions& options, const PlaybackRange& range) {
    auto reader = open_recording(options.files, range);
    const bool escapes = ::isatty(STDOUT_FILENO) != 0;  // a recorded peer may not command a terminal
    std::string text;
    for (const RecordLine* line = reader.next(); line != nullptr; line = reader.next()) {
        if (range.to && line->time >= *range.to) break;
        if (line->kind == LineKind::header) continue;
        text.clear();
        append_line(text, *line);
        if (escapes) text = printable(text, "\n\t");
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) break;  // main() reports it
    }
    for (const auto& loss : reader.losses())
        complain(loss.path + ": " + loss.what + " at byte " + std::to_string(loss.offset));
    return reader.summary().losses == 0 ? 0 : 1;
}

int replay(const ReplayOptions& options) {
    PlaybackRange range;
    if (!options.from.empty()) range.from = parse_time("--from", options.from);
    if (!options.to.empty()) range.to = parse_time("--to", options.to);
    if (options.print) return print_lines(options, range);
    catch_hangups();
    const auto endpoint = Endpoint::parse(options.address, options.port);
    if (!endpoint) throw UsageError{"--address '" + options.address + "' is not an IPv4 or IPv6 address"};
    FeedServerOptions server_options{.listen = *endpoint,
                                     .playback = open_playback(options.files, range),
                                     .speed = parse_speed("--speed", options.speed),
                                     .exhausted = complain_of_exhaustion};
    Reactor reactor;
    std::optional<FeedServer> server;
    try {
        server.emplace(reactor, std::move(server_options));
    } catch (const std::system_error& error) {
        throw std::runtime_error(reason_of(error) + "; choose another --address or --port (0: a free one)");
    }
    std::printf("%u\nserving ws://%s/\n", server->endpoint().port(), server->endpoint().to_string().c_str());
    if (std::fflush(stdout) != 0)
        throw std::runtime_error(std::string("standard output cannot be written: ") + std::strerror(errno));
    run_until_stopped(reactor);
    return 0;
}

}  // namespace

Command replay_command(CLI::App& app) {
    const auto options = std::make_shared<ReplayOptions>();
    auto* const command =
        add_command(app, "replay", "serve a recording, or print it",
                    "pinwheel replay --speed max recordings/recording.20261128T070000Z.zst");
    add_value(*command, "FILE", options->files, "", "files of one recording, in order")->required();
    add_value(*command, "--address", options->address, "ADDRESS", "address to listen on")
        ->capture_default_str();
    add_value(*command, "--port", options->port, "PORT",
              "port to listen on; 0: a free port; the first line printed is the port")
        ->capture_default_str()
        ->check(whole(0, 65535));
    auto* const speed = add_value(*command, "--speed", options->speed, "FACTOR|max",
                                  "factor of the recorded pace, or the fastest");
    speed->capture_default_str();
    add_value(*command, "--from", options->from, "TIME",
              "begin at this time: 2026-11-28T07:00:00Z, or Unix time in s or ns");
    add_value(*command, "--to", options->to, "TIME", "end before this time");
    command->add_flag("--print", options->print, "print the lines with their times instead of serving them")
        ->excludes(speed);
    return {command, [options] { return replay(*options); }};
}

}  // namespace pinwheel::tool
