#include "nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pinwheel {
namespace {

/// The Damerau-Levenshtein distance in which a pair of neighbours is swapped at most once.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
    std::string_view nearest;
    std::size_t least = 0;
    for (const auto candidate : known) {
        const auto [shorter, longer] = std::minmax({name.size(), candidate.size()});
        if (3 * (longer - shorter) > longer) continue;  // a long text costs no work
        const std::size_t apart = distance(name, candidate);
        if (3 * apart > longer) continue;
        if (!nearest.empty() && apart >= least) continue;
        nearest = candidate;
        least = apart;
    }
    return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    const auto nearest = nearest_name(name, known);
    return nearest.empty() ? std::string() : "; did you mean '" + std::string(nearest) + "'?";
}

}  // namespace pinwheel
