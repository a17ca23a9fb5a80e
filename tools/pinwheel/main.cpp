#include <fcntl.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "commands/options.h"
#include "terminal/screen_text.h"

namespace {

using namespace pinwheel::tool;

/// Opens closed standard descriptors. Otherwise a socket could get such a number and receive the program's
/// output. Output to a closed standard output is lost: its writes fail (EBADF), and the exit status reports
/// it.
void open_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) == -1 && ::open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) != fd) return;
}

/// The exit status after the output is flushed. A reader that has closed the pipe is no failure.
int with_output_checked(int status) {
    errno = 0;
    const bool flushed = std::fflush(stdout) == 0;
    if (errno == EPIPE || (flushed && std::ferror(stdout) == 0) || status != 0) return status;
    complain(std::string("standard output cannot be written") +
             (errno != 0 ? std::string(": ") + std::strerror(errno) : std::string()));
    return 1;
}

int run(const std::vector<Command>& commands) {
    std::string names;
    for (const auto& command : commands) {
        if (command.parser->parsed()) return command.run();
        names += (names.empty() ? "" : ", ") + command.parser->get_name();
    }
    throw UsageError{"no command given: the commands are " + names + "; see pinwheel --help"};
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_descriptors();
    std::setlocale(LC_CTYPE, "");
    adopt_locale();
    CLI::App app("WebSocket client for low latency: shows, measures, records and serves feeds", "pinwheel");
    adopt_help_style(app);
    app.require_subcommand(0, 1);
    app.set_version_flag("--version", "pinwheel " PINWHEEL_VERSION, "print the version and exit");
    app.failure_message(&describe);
    app.footer("pinwheel COMMAND --help shows an example of each.");
    const std::vector<Command> commands{tail_command(app),   latency_command(app), echo_command(app),
                                        rtt_command(app),    record_command(app),  replay_command(app),
                                        relay_command(app),  feed_command(app),    demo_command(app),
                                        config_command(app), venues_command(app),  doctor_command(app)};
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return with_output_checked(app.exit(error) == 0 ? 0 : 2);
    }
    try {
        return with_output_checked(run(commands));
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
