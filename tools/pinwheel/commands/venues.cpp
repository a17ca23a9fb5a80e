#include <cstdio>
#include <optional>
#include <stdexcept>

#include "../../feed/capture.h"
#include "../terminal/screen_text.h"
#include "capture_check.h"
#include "options.h"
#include "playback_file.h"
#include "venue_choice.h"

namespace pinwheel::tool {
namespace {

constexpr std::size_t kLongestShown = 200;

struct CheckOptions {
    std::string profile{};
    std::string capture{};
    bool each = false;
};

std::string shown(const std::string& payload) {
    const bool is_long = payload.size() > kLongestShown;
    return printable(is_long ? payload.substr(0, kLongestShown) + "..." : payload);
}

int list_venues() {
    for (const auto name : venue_names()) {
        const auto profile = load_venue(name);
        if (!profile) throw UsageError{profile.error().message()};
        std::printf("%-18s %s: %s\n", profile->name().c_str(), profile->title().c_str(),
                    listed(profile->channel_names()).c_str());
    }
    return 0;
}

void print_message(std::string_view noun, const CheckedMessage& checked) {
    std::string what(to_string(checked.message.kind));
    if (checked.channel != nullptr) what += " " + checked.channel->text;
    if (checked.channel != nullptr && !checked.channel->wire_symbol.empty())
        what += " " + checked.channel->wire_symbol;
    const auto& numbers = checked.message.numbers;
    if (numbers.first && numbers.first != numbers.last) what += " " + std::to_string(*numbers.first) + " to";
    if (numbers.last) what += " " + std::to_string(*numbers.last);
    if (numbers.is_snapshot) what += ", snapshot";
    if (checked.verdict == SequenceVerdict::gap) what += ", after a gap";
    if (checked.verdict == SequenceVerdict::duplicate) what += ", duplicate";
    std::printf("%s %zu: %s\n", std::string(noun).c_str(), checked.place, printable(what).c_str());
}

Capture load_capture(const std::string& path) {
    try {
        return Capture::load(path);
    } catch (const std::runtime_error& error) {
        throw UsageError{error.what()};
    }
}

/// A recorded session, opened.
struct Session {
    explicit Session(const std::string& path) {
        if (is_recording(path))
            recording.emplace(open_recording({path}));
        else
            capture.emplace(load_capture(path));
    }
    /// What numbers stand for.
    [[nodiscard]] std::string_view noun() const noexcept { return recording ? "message" : "line"; }

    std::optional<RecordReader> recording{};  // one of the two
    std::optional<Capture> capture{};
};

/// False if something of the recording is lost.
bool read_recording(RecordReader& reader, CaptureChecker& checker,
                    FunctionRef<void(const CheckedMessage&)> hear) {
    while (const RecordLine* const line = reader.next()) {
        if (line->kind == LineKind::connected) checker.on_connected();
        if (line->kind == LineKind::dropped) checker.on_dropped();
        if (line->kind != LineKind::message) continue;
        const auto place = static_cast<std::size_t>(line->sequence);
        hear(checker.check({.payload = line->payload, .is_text = line->is_text, .place = place}));
    }
    for (const auto& loss : reader.losses())
        complain(loss.path + ": " + loss.what + " at byte " + std::to_string(loss.offset));
    return reader.summary().losses == 0;
}

void print_result(const std::string& file, std::string_view noun, const CaptureCheck& check) {
    std::printf("%s: %zu messages received\n", printable(file).c_str(), check.messages);
    std::size_t unmatched = 0;
    for (const auto& [kind, count] : check.kinds) {
        std::string channels;
        if (kind == MessageKind::unmatched) unmatched = count;
        if (kind == MessageKind::data)
            for (const auto& [name, of_it] : check.channels)
                channels += (channels.empty() ? ": " : ", ") + name + " " + std::to_string(of_it);
        std::printf("  %s %zu%s\n", std::string(to_string(kind)).c_str(), count, printable(channels).c_str());
    }
    if (unmatched == 0) std::printf("  unmatched 0\n");
    std::printf("  numbers: %zu gaps, %zu duplicates\n", check.gaps, check.duplicates);
    for (const auto& one : check.unmatched)
        std::printf("unmatched, %s %zu: %s\n", std::string(noun).c_str(), one.place, shown(one.text).c_str());
    if (unmatched > check.unmatched.size())
        std::printf("and %zu more unmatched\n", unmatched - check.unmatched.size());
}

int check_session(const VenueProfile& profile, Session& session, const CheckOptions& options) {
    CaptureChecker checker(profile);
    const auto each = [&](const CheckedMessage& checked) {
        if (options.each) print_message(session.noun(), checked);
    };
    bool is_whole = true;
    if (session.recording)
        is_whole = read_recording(*session.recording, checker, each);
    else
        for (const auto& frame : session.capture->received)
            each(checker.check({.payload = std::as_bytes(std::span(frame.payload)), .place = frame.line}));
    print_result(options.capture, session.noun(), checker.result());
    return is_whole && checker.result().unmatched.empty() ? 0 : 1;
}

int check_venue(const CheckOptions& options) {
    const VenueProfile profile = choose_venue(options.profile);
    std::optional<Session> session;
    if (!options.capture.empty()) session.emplace(options.capture);
    std::vector<std::string_view> endpoints;
    for (const auto& endpoint : profile.endpoints()) endpoints.push_back(endpoint.name);
    std::printf("%s is valid: %s; endpoints %s; channels %s\n", printable(profile.name()).c_str(),
                printable(profile.title()).c_str(), printable(listed(endpoints)).c_str(),
                printable(listed(profile.channel_names())).c_str());
    return session ? check_session(profile, *session, options) : 0;
}

}  // namespace

Command venues_command(CLI::App& app) {
    const auto options = std::make_shared<CheckOptions>();
    auto* const venues = add_command(app, "venues", "list the built-in venues",
                                     "pinwheel venues check okx-v5.json --capture okx.tsv");
    venues->require_subcommand(0, 1);
    auto* const check =
        add_command(*venues, "check",
                    "validate a venue's profile, and classify the messages of a session; exit "
                    "status 1 if one is unknown",
                    "pinwheel venues check okx-v5.json --capture okx.tsv");
    add_value(*check, "FILE", options->profile, "", "profile as JSON file, or the name of a built-in one")
        ->required();
    auto* const capture =
        add_value(*check, "--capture", options->capture, "FILE",
                  "recording, or lines of time, '<', '>' or '=', and payload, separated by tabs");
    check->add_flag("--each", options->each, "also print a line for each received message")->needs(capture);
    return {venues, [options, check] { return check->parsed() ? check_venue(*options) : list_venues(); }};
}

}  // namespace pinwheel::tool
