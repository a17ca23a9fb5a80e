#include "subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

namespace pinwheel::test {
namespace {

/// The reading end and the writing end, both closed on exec.
std::pair<UniqueFd, UniqueFd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// In the child, where only async-signal-safe calls are allowed: executes the program, or reports why not.
[[noreturn]] void become(char* const* argv, int input, int output, int errors, int complaint) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    if (errors >= 0) ::dup2(errors, STDERR_FILENO);
    ::execvp(argv[0], argv);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(complaint, &error, sizeof error);
    ::_exit(127);
}

}  // namespace

Subprocess::Subprocess(std::vector<std::string> argv, Errors errors) : name_(argv.at(0)) {
    std::vector<char*> arguments;
    for (std::string& argument : argv) arguments.push_back(argument.data());
    arguments.push_back(nullptr);

    auto [child_input, our_output] = make_pipe();
    auto [our_input, child_output] = make_pipe();
    auto [complaint, complaining] = make_pipe();
    UniqueFd child_errors;
    if (errors == Errors::kept) std::tie(errors_, child_errors) = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) fail(std::string("fork: ") + std::strerror(errno));
    if (pid_ == 0)
        become(arguments.data(), child_input.get(), child_output.get(), child_errors.get(),
               complaining.get());

    input_ = std::move(our_output);
    output_ = std::move(our_input);
    complaining.reset();  // a successful exec closes the child's end
    int error = 0;
    if (::read(complaint.get(), &error, sizeof error) == sizeof error) {
        ::waitpid(pid_, nullptr, 0);
        fail(std::string("cannot be run: ") + std::strerror(error));
    }
}

Subprocess::~Subprocess() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool Subprocess::read_more(std::chrono::milliseconds patience) {
    pollfd ready{.fd = output_.get(), .events = POLLIN, .revents = 0};
    const int found = ::poll(&ready, 1, static_cast<int>(patience.count()));
    if (found < 0 && errno == EINTR) return true;
    if (found <= 0) fail("no output in " + std::to_string(patience.count()) + " ms");
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
    if (size < 0) fail(std::string("reading its output: ") + std::strerror(errno));
    read_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
}

std::string Subprocess::read_line(std::chrono::milliseconds patience) {
    std::size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos)
        if (!read_more(patience)) fail("its output ended where a line was expected, after '" + read_ + "'");
    std::string line = read_.substr(0, end);
    read_.erase(0, end + 1);
    return line;
}

std::string Subprocess::read_rest(std::chrono::milliseconds patience) {
    while (read_more(patience)) {
    }
    return std::exchange(read_, {});
}

Subprocess::Outcome Subprocess::finish(std::chrono::milliseconds patience) {
    close_input();
    Outcome outcome{.status = 0, .output = std::exchange(read_, {}), .errors = {}};
    std::array<std::pair<UniqueFd*, std::string*>, 2> sources{
        {{&output_, &outcome.output}, {&errors_, &outcome.errors}}};
    while (output_ || errors_) {
        std::array<pollfd, 2> ready{{{output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), static_cast<int>(patience.count())) == 0)
            fail("neither output nor end in " + std::to_string(patience.count()) + " ms");
        for (std::size_t i = 0; i < ready.size(); ++i) {
            if (ready[i].revents == 0) continue;
            std::array<char, 4096> buffer{};
            const ssize_t size = ::read(ready[i].fd, buffer.data(), buffer.size());
            if (size > 0)
                sources[i].second->append(buffer.data(), static_cast<std::size_t>(size));
            else
                sources[i].first->reset();
        }
    }
    outcome.status = wait();
    return outcome;
}

void Subprocess::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::write(input_.get(), text.data(), text.size());
        if (size < 0) fail(std::string("writing to its input: ") + std::strerror(errno));
        text.remove_prefix(static_cast<std::size_t>(size));
    }
}

void Subprocess::signal(int number) {
    if (reaped_ || ::kill(pid_, number) != 0) fail("gone before signal " + std::to_string(number));
}

int Subprocess::wait() {
    if (!reaped_) {
        while (::waitpid(pid_, &status_, 0) < 0)
            if (errno != EINTR) fail(std::string("waitpid: ") + std::strerror(errno));
        reaped_ = true;
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

void Subprocess::fail(const std::string& what) const {
    throw std::runtime_error(name_ + ": " + what);
}

}  // namespace pinwheel::test
