// The commands of a build without libnats.
#include "nats_commands.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

constexpr const char* kMissing = "this build cannot speak to NATS: install libnats-dev and build again";

}  // namespace

std::unique_ptr<Dialer> make_nats_source(Reactor& /*reactor*/, const NatsTailOptions& /*options*/,
                                         std::function<void(const std::string&)> /*tell*/) {
    throw UsageError{kMissing};
}

Command relay_command(CLI::App& app) {
    auto* const command =
        add_command(app, "relay", "not part of this build, which lacks libnats", "pinwheel relay --help");
    command->allow_extras();
    return {command, []() -> int { throw UsageError{kMissing}; }};
}

}  // namespace pinwheel::tool
