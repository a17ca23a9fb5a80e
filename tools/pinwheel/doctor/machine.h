#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pinwheel::tool {

/// What the kernel tells of a machine in /proc, /sys and /dev, below a folder that stands for the root.
class Machine {
  public:
    explicit Machine(std::string root) : root_(std::move(root)) {}

    /// A file without space at its ends; nothing if it cannot be read.
    [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
    /// The same as a whole number.
    [[nodiscard]] std::optional<long long> number(const std::string& path) const;
    /// As text(), of each file named `name` in the folders of `folder` that begin with `prefix` and go on
    /// with a number, by number.
    [[nodiscard]] std::vector<std::string> texts(const std::string& folder, const std::string& prefix,
                                                 const std::string& name) const;

  private:
    const std::string root_;
};

/// `0-3,8` as numbers; what is no number is passed over.
[[nodiscard]] std::set<int> parse_cpu_list(std::string_view list);

}  // namespace pinwheel::tool
