#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "client.h"
#include "commands.h"

namespace pinwheel::tool {

inline constexpr std::uint64_t kMost = 1'000'000'000'000'000;  // for counts

struct FeedRunOptions;

/// Checks of option values. Their errors name the valid values.
[[nodiscard]] CLI::Validator seconds(double least);  ///< from 0, or above 0
[[nodiscard]] CLI::Validator whole(std::uint64_t least, std::uint64_t most);
[[nodiscard]] CLI::Validator rate();

/// Gives `app`, and the subcommands added from here on, the style of the help.
void adopt_help_style(CLI::App& app);

/// An option or a positional with a value, which the help calls `value`: FILE, SECONDS, or `a|b` for words.
template <typename Target>
CLI::Option* add_value(CLI::App& command, const char* name, Target& target, const char* value,
                       const char* what) {
    return command.add_option(name, target, what)->type_name(value);
}

/// A subcommand whose help ends with an example.
CLI::App* add_command(CLI::App& app, const char* name, const char* what, const char* example);

enum class Source : std::uint8_t { command_line, command_line_or_config };
/// URL, authorities, headers, loop, core, timeout. With `command_line_or_config` also --config, which may
/// have the URL.
void add_client_options(CLI::App& command, ClientOptions& options, Source source = Source::command_line);
/// Subscriptions, retries, -v.
void add_run_options(CLI::App& command, FeedRunOptions& options);

/// One line: the fault of the command line, the nearest valid word, and where to look it up.
[[nodiscard]] std::string describe(const CLI::App* app, const CLI::Error& error);

}  // namespace pinwheel::tool
