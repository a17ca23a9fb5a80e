#include "config.h"

#include <sched.h>
#include <simdjson.h>

#include <array>
#include <cmath>
#include <span>

#include "../../core/nearest_name.h"
#include "../../core/text_file.h"
#include "../text/json_kind_impl.h"
#include "../websocket/url.h"
#include "limit_reader_impl.h"

namespace pinwheel {
namespace {

using Element = simdjson::dom::element;
using detail::kind_of;

constexpr std::array<std::string_view, 5> kSections{"url", "subscriptions", "tls", "reactor", "websocket"};
constexpr std::array<std::string_view, 2> kReactorKeys{"mode", "cpu"};

struct TextOption {
    std::string_view name;
    std::string TlsOptions::*value;
};
constexpr std::array<TextOption, 6> kTlsTexts{{{"ca_file", &TlsOptions::ca_file},
                                               {"ca_path", &TlsOptions::ca_path},
                                               {"certificate_file", &TlsOptions::certificate_file},
                                               {"key_file", &TlsOptions::key_file},
                                               {"ciphers", &TlsOptions::ciphers},
                                               {"cipher_suites", &TlsOptions::cipher_suites}}};
struct FlagOption {
    std::string_view name;
    bool TlsOptions::*value;
};
constexpr std::array<FlagOption, 4> kTlsFlags{{{"allow_tls12", &TlsOptions::allow_tls12},
                                               {"allow_tls13", &TlsOptions::allow_tls13},
                                               {"session_resumption", &TlsOptions::session_resumption},
                                               {"honour_sslkeylogfile", &TlsOptions::honour_sslkeylogfile}}};

/// Reads section by section; the first error ends it.
class Reader {
  public:
    Reader(Config& config, std::string_view name) : config_(config), name_(name) {}

    [[nodiscard]] Error read(Element root) {
        for_each(root, "", [this](std::string_view key, Element value) { read_section(key, value); });
        return error_;
    }

  private:
    void fail(const std::string& path, const std::string& what) {
        if (error_) return;
        error_ = {Errc::invalid_argument, name_ + ": " + (path.empty() ? "the whole" : path) + ": " + what};
    }
    void expected(const std::string& path, std::string_view what, Element found) {
        fail(path, "expected " + std::string(what) + ", found " + std::string(kind_of(found)));
    }
    void unknown(std::string_view section, std::string_view key, std::span<const std::string_view> known) {
        fail(join(section, key), "unknown key" + did_you_mean(key, known));
    }
    [[nodiscard]] static std::string join(std::string_view section, std::string_view key) {
        return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
    }

    template <class Take>
    void for_each(Element value, const std::string& path, Take take) {
        simdjson::dom::object members;
        if (value.get(members) != simdjson::SUCCESS) return expected(path, "an object", value);
        for (const auto [key, member] : members) take(key, member);
    }
    template <class T>
    void read_value(Element value, const std::string& path, std::string_view what, T& out) {
        if (value.get(out) != simdjson::SUCCESS) expected(path, what, value);
    }
    void read_text(Element value, const std::string& path, std::string& out) {
        std::string_view text;
        read_value(value, path, "a string", text);
        out = text;
    }

    void read_section(std::string_view key, Element value) {
        if (key == "url")
            read_url(value);
        else if (key == "subscriptions")
            read_subscriptions(value);
        else if (key == "tls")
            for_each(value, "tls", [this](std::string_view name, Element member) { read_tls(name, member); });
        else if (key == "reactor")
            for_each(value, "reactor",
                     [this](std::string_view name, Element member) { read_reactor(name, member); });
        else if (key != "websocket")
            unknown("", key, kSections);
    }
    void read_url(Element value) {
        read_text(value, "url", config_.url.emplace());
        if (error_) return;
        if (const auto url = Url::parse(*config_.url); !url) fail("url", url.error().message());
    }
    void read_subscriptions(Element value) {
        simdjson::dom::array channels;
        if (value.get(channels) != simdjson::SUCCESS)
            return expected("subscriptions", "an array of strings", value);
        for (const Element channel : channels) {
            const std::string path = "subscriptions." + std::to_string(config_.subscriptions.size());
            read_text(channel, path, config_.subscriptions.emplace_back());
        }
    }
    void read_tls(std::string_view key, Element value) {
        std::vector<std::string_view> known;
        for (const auto& option : kTlsTexts) {
            if (option.name == key) return read_text(value, join("tls", key), config_.tls.*option.value);
            known.push_back(option.name);
        }
        for (const auto& option : kTlsFlags) {
            if (option.name == key)
                return read_value(value, join("tls", key), "true or false", config_.tls.*option.value);
            known.push_back(option.name);
        }
        if (key == "records") return read_records(value);
        known.emplace_back("records");
        unknown("tls", key, known);
    }
    void read_records(Element value) {
        std::string records;
        read_text(value, "tls.records", records);
        if (records != "openssl" && records != "in_place" && !error_)
            return fail("tls.records", "'" + records + "' is neither 'openssl' nor 'in_place'");
        config_.tls.records = records == "in_place" ? TlsRecords::in_place : TlsRecords::openssl;
    }
    void read_reactor(std::string_view key, Element value) {
        if (key == "mode") {
            std::string mode;
            read_text(value, "reactor.mode", mode);
            if (mode != "epoll" && mode != "busy_spin" && !error_)
                return fail("reactor.mode", "'" + mode + "' is neither 'epoll' nor 'busy_spin'");
            config_.mode = mode == "epoll" ? ReactorMode::epoll : ReactorMode::busy_spin;
        } else if (key == "cpu") {
            double cpu = 0;
            read_value(value, "reactor.cpu", "a whole number", cpu);
            if (std::floor(cpu) != cpu)
                return fail("reactor.cpu", "expected a whole number, found a fraction");
            if (cpu < 0 || cpu >= CPU_SETSIZE)
                return fail("reactor.cpu", detail::number(cpu) + " is not a core from 0 to " +
                                               std::to_string(CPU_SETSIZE - 1));
            config_.cpu = static_cast<int>(cpu);
        } else {
            unknown("reactor", key, kReactorKeys);
        }
    }

    Config& config_;
    const std::string name_;
    Error error_;
};

/// A key under `websocket` that nothing reads.
Error find_unknown(const ResolvedLimits& limits, std::string_view name) {
    for (const auto& warning : limits.warnings) {
        if (!warning.expected.empty()) continue;
        const auto dot = warning.path.rfind('.');
        return {Errc::invalid_argument, std::string(name) + ": " + warning.path + ": unknown key" +
                                            did_you_mean(std::string_view(warning.path).substr(dot + 1),
                                                         detail::keys_under(warning.path.substr(0, dot)))};
    }
    return {};
}

}  // namespace

Result<Config> parse_config(std::string_view json, std::string_view name) {
    simdjson::dom::parser parser;
    const auto root = detail::parse_json(parser, json, name);
    if (!root) return root.error();
    Config config;
    if (Error error = Reader(config, name).read(*root)) return error;
    detail::read_limits(*root, config.limits);
    if (Error error = find_unknown(config.limits, name)) return error;
    if (const Error error = validate(config.limits.upgrade))
        return Error{error.code, std::string(name) + ": websocket.upgrade: " + error.message()};
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
    for (const auto& option : kTlsTexts) {
        const auto& value = tls.*option.value;
        line("tls." + std::string(option.name), value.empty() ? "none" : value, !value.empty());
    }
    for (const auto& option : kTlsFlags)
        line("tls." + std::string(option.name), tls.*option.value ? "true" : "false",
             tls.*option.value != defaults.*option.value);
    const bool in_place = tls.records == TlsRecords::in_place;
    line("tls.records", in_place ? "in_place" : "openssl", in_place);
    line("reactor.mode", mode.value_or(ReactorMode::epoll) == ReactorMode::epoll ? "epoll" : "busy_spin",
         mode.has_value());
    line("reactor.cpu", cpu ? std::to_string(*cpu) : "none", cpu.has_value());
    for (const auto& value : limits.describe()) lines.push_back(value);
    return lines;
}

}  // namespace pinwheel
