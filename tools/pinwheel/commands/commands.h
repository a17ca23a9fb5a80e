#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pinwheel::tool {

/// A subcommand in the parser, and the function that runs it with the parsed options. Its exit status is 0
/// for success, 1 for a failed run. Wrong usage is thrown as UsageError.
struct Command {
    CLI::App* parser = nullptr;
    std::function<int()> run{};
};

[[nodiscard]] Command tail_command(CLI::App& app);
[[nodiscard]] Command latency_command(CLI::App& app);
[[nodiscard]] Command echo_command(CLI::App& app);
[[nodiscard]] Command rtt_command(CLI::App& app);
[[nodiscard]] Command record_command(CLI::App& app);
[[nodiscard]] Command replay_command(CLI::App& app);
[[nodiscard]] Command relay_command(CLI::App& app);
[[nodiscard]] Command feed_command(CLI::App& app);
[[nodiscard]] Command demo_command(CLI::App& app);
[[nodiscard]] Command config_command(CLI::App& app);
[[nodiscard]] Command venues_command(CLI::App& app);
[[nodiscard]] Command doctor_command(CLI::App& app);

}  // namespace pinwheel::tool
