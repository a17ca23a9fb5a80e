#include <cstdio>
#include <string>
#include <vector>

#include "../../../proto/config/config_keys.h"
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

/// For a Markdown table, in which a bar separates cells.
std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.insert(at, 1, '\\');
    return text;
}

/// For man(7), in which a hyphen allows a line break, and a backslash or a leading dot is markup.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

void print_key(const ConfigKey& key, const std::string& format) {
    const std::string values = key.expected + "; default " + key.fallback;
    if (format == "markdown")
        std::printf("| `%s` | %s | %s | %s | %s |\n", key.path.c_str(), key.field.c_str(),
                    cell(key.fallback).c_str(), cell(key.expected).c_str(), cell(key.why).c_str());
    else if (format == "man")
        std::printf(".TP\n.B %s\n%s.\n%s.\n", roff(key.path).c_str(), roff(values).c_str(),
                    roff(key.why).c_str());
    else
        std::printf("%s\n    %s\n    %s\n", key.path.c_str(), values.c_str(), key.why.c_str());
}

int print_keys(const std::string& format) {
    if (format == "markdown")
        std::puts("| key | option | default | value | why |\n| --- | --- | --- | --- | --- |");
    for (const ConfigKey& key : config_keys()) print_key(key, format);
    return 0;
}

}  // namespace

Command config_command(CLI::App& app) {
    const auto path = std::make_shared<std::string>();
    auto* const config = add_command(app, "config", "check a config file, or list its keys",
                                     "pinwheel config check feed.json");
    config->require_subcommand(1);
    auto* const check = add_command(*config, "check",
                                    "print the resolved values with their sources and the clamped ones; exit "
                                    "status 2 for a file that is not a config",
                                    "pinwheel config check feed.json");
    add_value(*check, "FILE", *path, "", "JSON file, as for --config")->required();
    const auto format = std::make_shared<std::string>("text");
    auto* const keys = add_command(*config, "keys", "print all keys with defaults, bounds and reasons",
                                   "pinwheel config keys");
    add_value(*keys, "--format", *format, "text|markdown|man", "output format")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "markdown", "man"}).description(""));
    return {config,
            [path, keys, format] { return keys->parsed() ? print_keys(*format) : check_config(*path); }};
}

}  // namespace pinwheel::tool
