#include <cstdio>
#include <optional>
#include <stdexcept>

#include "../terminal/screen_text.h"
#include "capture_check.h"
#include "options.h"
#include "venue_choice.h"

namespace pinwheel::tool {
namespace {

constexpr std::size_t kLongestShown = 200;
constexpr std::size_t kMostShown = 20;  // of unmatched lines

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

void print_frame(const CheckedFrame& checked) {
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
    std::printf("line %zu: %s\n", checked.frame.line, printable(what).c_str());
}

Capture load_capture(const std::string& path) {
    try {
        return Capture::load(path);
    } catch (const std::runtime_error& error) {
        throw UsageError{error.what()};
    }
}

int check_frames(const VenueProfile& profile, const Capture& capture, const CheckOptions& options) {
    const auto each = [&](const CheckedFrame& frame) {
        if (options.each) print_frame(frame);
    };
    const CaptureCheck check = check_capture(profile, capture, each);
    std::printf("%s: %zu messages received\n", printable(options.capture).c_str(), capture.received.size());
    for (const auto& [kind, count] : check.kinds) {
        std::string channels;
        if (kind == MessageKind::data)
            for (const auto& [name, of_it] : check.channels)
                channels += (channels.empty() ? ": " : ", ") + name + " " + std::to_string(of_it);
        std::printf("  %s %zu%s\n", std::string(to_string(kind)).c_str(), count, printable(channels).c_str());
    }
    if (check.unmatched.empty()) std::printf("  unmatched 0\n");
    std::printf("  numbers: %zu gaps, %zu duplicates\n", check.gaps, check.duplicates);
    for (std::size_t i = 0; i < check.unmatched.size() && i < kMostShown; ++i)
        std::printf("unmatched, line %zu: %s\n", check.unmatched[i]->line,
                    shown(check.unmatched[i]->payload).c_str());
    if (check.unmatched.size() > kMostShown)
        std::printf("and %zu more unmatched\n", check.unmatched.size() - kMostShown);
    return check.unmatched.empty() ? 0 : 1;
}

int check_venue(const CheckOptions& options) {
    const VenueProfile profile = choose_venue(options.profile);
    std::optional<Capture> capture;
    if (!options.capture.empty()) capture = load_capture(options.capture);
    std::printf("%s is valid: %s; %zu endpoint%s; channels %s\n", printable(profile.name()).c_str(),
                printable(profile.title()).c_str(), profile.endpoints().size(),
                profile.endpoints().size() == 1 ? "" : "s",
                printable(listed(profile.channel_names())).c_str());
    return capture ? check_frames(profile, *capture, options) : 0;
}

}  // namespace

Command venues_command(CLI::App& app) {
    const auto options = std::make_shared<CheckOptions>();
    auto* const venues = add_command(app, "venues", "list the built-in venues",
                                     "pinwheel venues check okx-v5.json --capture okx.tsv");
    venues->require_subcommand(0, 1);
    auto* const check = add_command(*venues, "check",
                                    "validate a venue's profile, and classify the frames of a capture; exit "
                                    "status 1 if one is unknown",
                                    "pinwheel venues check okx-v5.json --capture okx.tsv");
    add_value(*check, "FILE", options->profile, "", "profile as JSON file, or the name of a built-in one")
        ->required();
    auto* const capture =
        add_value(*check, "--capture", options->capture, "FILE",
                  "recorded session: lines of time, '<', '>' or '=', and payload, separated by tabs");
    check->add_flag("--each", options->each, "also print a line for each received frame of the capture")
        ->needs(capture);
    return {venues, [options, check] { return check->parsed() ? check_venue(*options) : list_venues(); }};
}

}  // namespace pinwheel::tool
