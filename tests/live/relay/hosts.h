#pragma once

#include <string>
#include <vector>

#include "../../../net/unique_fd.h"

namespace pinwheel::test {

/// Hosts on one switch: network namespaces, each with a cable to a bridge in one more, with no way out. The
/// calling thread is on the last host from construction on, and back at the end. Needs root, `ip` and `nft`;
/// what is missing is told by std::runtime_error, as is every command that fails.
class Hosts {
  public:
    explicit Hosts(int count);
    ~Hosts();
    Hosts(const Hosts&) = delete;
    Hosts& operator=(const Hosts&) = delete;

    /// From 1 on.
    [[nodiscard]] static std::string address(int host) { return "10.78.0." + std::to_string(host); }
    /// What stands in front of a command that runs there.
    [[nodiscard]] std::vector<std::string> on(int host) const;
    [[nodiscard]] std::vector<std::string> on(int host, std::vector<std::string> command) const;

    void pull_cable(int host);
    void plug_in(int host);
    /// The host loses so many of a hundred packets that come to it.
    void lose_packets(int host, int percent) const;
    void lose_no_packets(int host) const;

  private:
    [[nodiscard]] std::string name(int host) const { return base_ + "-h" + std::to_string(host); }
    void clean_up() noexcept;

    const int count_;
    std::string base_;
    UniqueFd home_;
};

}  // namespace pinwheel::test
