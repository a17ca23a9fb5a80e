#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pinwheel::tool {

/// The kernel's data about a machine in /proc, /sys and /dev, below a folder that replaces the root.
class Machine {
  public:
    explicit Machine(std::string root) : root_(std::move(root)) {}

    /// A file without surrounding space; nothing if it cannot be read.
    [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
    /// The same as a whole number.
    [[nodiscard]] std::optional<long long> number(const std::string& path) const;
    /// Like text(), for each file `name` in the subfolders of `folder` that consist of `prefix` and a number,
    /// in the order of numbers.
    [[nodiscard]] std::vector<std::string> texts(const std::string& folder, const std::string& prefix,
                                                 const std::string& name) const;

  private:
    const std::string root_;
};

/// `0-3,8` as numbers; other texts are skipped.
[[nodiscard]] std::set<int> parse_cpu_list(std::string_view list);

}  // namespace pinwheel::tool
