#include "config.h"

#include <sched.h>

#include <array>
#include <cmath>
#include <span>

#include "../../core/bounded_text_impl.h"
#include "../../core/nearest_name.h"
#include "../../core/text_file.h"
#include "../websocket/url.h"
#include "config_table_impl.h"
#include "limit_reader_impl.h"

namespace pinwheel {
namespace {

using Element = detail::JsonElement;
using detail::kCpuRow;
using detail::kModeRow;
using detail::kSections;
using detail::kTlsRows;

Error error_of(std::string_view file, const std::string& path, const std::string& what) {
    return {Errc::invalid_argument, detail::bounded_text(std::string(file) + ": " + path + ": " + what)};
}

/// Reads section by section. The first error ends the reading.
class Reader {
  public:
    Reader(Config& config, std::string_view name) : config_(config), name_(name) {}

    [[nodiscard]] Error read(const Element& root) {
        for_each(root, "", [this](std::string_view key, const Element& value) { read_section(key, value); });
        return error_;
    }

  private:
    void fail(const std::string& path, const std::string& what) {
        if (error_.failed()) return;
        error_ = error_of(name_, path.empty() ? "the whole" : path, what);
    }
    void expected(const std::string& path, std::string_view what, const Element& found) {
        fail(path, "expected " + std::string(what) + ", found " + std::string(to_string(found.kind())));
    }
    void unknown(std::string_view section, std::string_view key, std::span<const std::string_view> known) {
        fail(join(section, key), "unknown key" + did_you_mean(key, known));
    }
    [[nodiscard]] static std::string join(std::string_view section, std::string_view key) {
        return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
    }

    template <class Take>
    void for_each(const Element& value, const std::string& path, Take take) {
        const auto members = value.members();
        if (!members) return expected(path, "an object", value);
        for (const auto& [key, member] : *members) take(key, member);
    }
    template <class T>
    void read_value(const Element& value, const std::string& path, std::string_view what, T& out) {
        if (!value.get(out)) expected(path, what, value);
    }
    void read_text(const Element& value, const std::string& path, std::string& out) {
        std::string_view text;
        read_value(value, path, "a string", text);
        out = text;
    }

    void read_section(std::string_view key, const Element& value) {
        if (key == "url")
            read_url(value);
        else if (key == "subscriptions")
            read_subscriptions(value);
        else if (key == "tls")
            for_each(value, "tls",
                     [this](std::string_view name, const Element& member) { read_tls(name, member); });
        else if (key == "reactor")
            for_each(value, "reactor",
                     [this](std::string_view name, const Element& member) { read_reactor(name, member); });
        else if (key != "websocket")
            unknown("", key, kSections);
    }
    void read_url(const Element& value) {
        read_text(value, "url", config_.url.emplace());
        if (error_.failed()) return;
        if (const auto url = Url::parse(*config_.url); !url) fail("url", url.error().message());
    }
    void read_subscriptions(const Element& value) {
        const auto channels = value.elements();
        if (!channels) return expected("subscriptions", "an array of strings", value);
        for (const Element& channel : *channels) {
            const std::string path = "subscriptions." + std::to_string(config_.subscriptions.size());
            read_text(channel, path, config_.subscriptions.emplace_back());
        }
    }
    void read_tls(std::string_view key, const Element& value) {
        std::vector<std::string_view> known;
        for (const auto& row : kTlsRows) {
            if (row.name == key) return read_tls_row(row, value);
            known.push_back(row.name);
        }
        unknown("tls", key, known);
    }
    void read_tls_row(const detail::TlsRow& row, const Element& value) {
        const std::string path = join("tls", row.name);
        TlsOptions& tls = config_.tls;
        if (const auto* const text = std::get_if<std::string TlsOptions::*>(&row.member))
            read_text(value, path, tls.*(*text));
        else if (const auto* const flag = std::get_if<bool TlsOptions::*>(&row.member))
            read_value(value, path, detail::expected_of(row), tls.*(*flag));
        else
            tls.records = read_choice(value, path, TlsRecords::openssl, TlsRecords::in_place);
    }
    /// Reads one of two words.
    template <class Choice>
    [[nodiscard]] Choice read_choice(const Element& value, const std::string& path, Choice first,
                                     Choice second) {
        const std::string_view one = detail::word_of(first);
        const std::string_view other = detail::word_of(second);
        std::string text;
        read_text(value, path, text);
        if (!error_.failed() && text != one && text != other)
            fail(path,
                 "'" + text + "' is neither '" + std::string(one) + "' nor '" + std::string(other) + "'");
        return text == other ? second : first;
    }
    void read_reactor(std::string_view key, const Element& value) {
        if (key == kModeRow.name) {
            config_.mode = read_choice(value, "reactor.mode", ReactorMode::epoll, ReactorMode::busy_spin);
        } else if (key == kCpuRow.name) {
            double cpu = 0;
            read_value(value, "reactor.cpu", kCpuRow.expected, cpu);
            if (std::floor(cpu) != cpu)
                return fail("reactor.cpu", "expected a whole number, found a fraction");
            if (cpu < 0 || cpu >= CPU_SETSIZE)
                return fail("reactor.cpu", detail::number(cpu) + " is not a core from 0 to " +
                                               std::to_string(CPU_SETSIZE - 1));
            config_.cpu = static_cast<int>(cpu);
        } else {
            unknown("reactor", key, std::array{kModeRow.name, kCpuRow.name});
        }
    }

    Config& config_;
    const std::string name_;
    Error error_;
};

/// A key under `websocket` that no reader takes.
Error find_unknown(const ResolvedLimits& limits, std::string_view name) {
    for (const auto& warning : limits.warnings) {
        if (!warning.expected.empty()) continue;
        const auto dot = warning.path.rfind('.');
        return error_of(name, warning.path,
                        "unknown key" + did_you_mean(std::string_view(warning.path).substr(dot + 1),
                                                     detail::keys_under(warning.path.substr(0, dot))));
    }
    return {};
}

}  // namespace

Result<Config> parse_config(std::string_view json, std::string_view name) {
    detail::JsonDocument document;
    const auto root = detail::parse_config_text(document, json, name);
    if (!root) return root.error();
    Config config;
    if (Error error = Reader(config, name).read(*root); error.failed()) return error;
    detail::read_limits(*root, config.limits);
    if (Error error = find_unknown(config.limits, name); error.failed()) return error;
    if (const Error error = validate(config.limits.upgrade); error.failed())
        return error_of(name, "websocket.upgrade", error.message());
    return config;
}

Result<Config> load_config(const std::string& path) {
    auto text = read_text_file(path);
    if (!text) return text.error();
    return parse_config(*text, path);
}

std::vector<std::string> Config::describe() const {
    std::vector<std::string> lines;
    const auto line = [&lines](std::string_view key, const std::string& value, bool given) {
        lines.push_back(std::string(key) + " = " + value + (given ? " (config)" : " (default)"));
    };
    line("url", url ? Url::parse(*url)->without_query() : "none", url.has_value());
    std::string channels;
    for (const auto& channel : subscriptions) channels += (channels.empty() ? "" : ", ") + channel;
    line("subscriptions", channels.empty() ? "none" : channels, !subscriptions.empty());
    const TlsOptions defaults;
    for (const auto& row : kTlsRows) {
        const std::string value = detail::value_of(row, tls);
        line("tls." + std::string(row.name), value, value != detail::value_of(row, defaults));
    }
    line("reactor.mode", std::string(detail::word_of(mode.value_or(ReactorOptions{}.mode))),
         mode.has_value());
    line("reactor.cpu", cpu ? std::to_string(*cpu) : std::string("none"), cpu.has_value());
    for (const auto& value : limits.describe()) lines.push_back(value);
    return lines;
}

}  // namespace pinwheel
