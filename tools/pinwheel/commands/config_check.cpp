#include <cstdio>

#include "../terminal/screen_text.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

int check_config(const std::string& path) {
    const auto config = load_config(path);
    if (!config) throw UsageError{config.error().message()};
    for (const auto& line : config->describe()) std::printf("%s\n", printable(line).c_str());
    for (const auto& warning : config->limits.warnings) complain(path + ": warning: " + warning.message());
    return 0;
}

}  // namespace

Command config_command(CLI::App& app) {
    const auto path = std::make_shared<std::string>();
    auto* const config =
        add_command(app, "config", "what a config file comes to", "pinwheel config check feed.json");
    config->require_subcommand(1);
    auto* const check = add_command(*config, "check",
                                    "print the resolved values, what was clamped and where each came from; "
                                    "exit status 2 for a file that is none",
                                    "pinwheel config check feed.json");
    check->add_option("FILE", *path, "JSON, as of --config")->required();
    return {config, [path] { return check_config(*path); }};
}

}  // namespace pinwheel::tool
