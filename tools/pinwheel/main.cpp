#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "commands/options.h"

namespace {

using namespace pinwheel::tool;

int run(const std::vector<Command>& commands) {
    std::string names;
    for (const auto& command : commands) {
        if (command.parser->parsed()) return command.run();
        names += (names.empty() ? "" : ", ") + command.parser->get_name();
    }
    throw UsageError{"which command? " + names + "; see pinwheel --help"};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("WebSocket client for low latency: look at a feed, measure it, or serve one", "pinwheel");
    app.require_subcommand(0, 1);
    app.set_version_flag("--version", "pinwheel " PINWHEEL_VERSION);
    app.failure_message(&describe);
    app.footer("pinwheel COMMAND --help shows an example of each.");
    const std::vector<Command> commands{tail_command(app),   latency_command(app), echo_command(app),
                                        rtt_command(app),    feed_command(app),    demo_command(app),
                                        config_command(app), doctor_command(app)};
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        return run(commands);
    } catch (const UsageError& error) {
        complain(error.message);
        return 2;
    } catch (const std::system_error& error) {
        complain(reason_of(error));
        return 1;
    } catch (const std::exception& error) {
        complain(error.what());
        return 1;
    }
}
