#include "machine.h"

#include <charconv>
#include <filesystem>
#include <map>

#include "../../../core/text_file.h"

namespace pinwheel::tool {
namespace {

constexpr int kMostCpus = 65'536;

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> Machine::text(const std::string& path) const {
    auto read = read_text_file(root_ + path);
    if (!read) return std::nullopt;
    std::string all = *std::move(read);
    while (!all.empty() && (all.back() == '\n' || all.back() == ' ' || all.back() == '\t')) all.pop_back();
    return all;
}

std::optional<long long> Machine::number(const std::string& path) const {
    const auto all = text(path);
    return all ? parse<long long>(*all) : std::nullopt;
}

std::vector<std::string> Machine::texts(const std::string& folder, const std::string& prefix,
                                        const std::string& name) const {
    std::map<int, std::string> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(root_ + folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string base = entry->path().filename().string();
        if (!base.starts_with(prefix)) continue;
        const auto index = parse<int>(std::string_view(base).substr(prefix.size()));
        if (!index) continue;
        if (const auto all = text(folder + "/" + base + "/" + name)) found[*index] = *all;
    }
    std::vector<std::string> texts;
    for (auto& [index, all] : found) texts.push_back(std::move(all));
    return texts;
}

std::set<int> parse_cpu_list(std::string_view list) {
    std::set<int> cpus;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const std::string_view part = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        const auto dash = part.find('-');
        const auto first = parse<int>(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse<int>(part.substr(dash + 1));
        if (!first || !last) continue;
        for (int cpu = *first; cpu <= *last && cpu < kMostCpus; ++cpu) cpus.insert(cpu);
    }
    return cpus;
}

}  // namespace pinwheel::tool
