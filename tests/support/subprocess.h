#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// A child process with pipes to its input and from its output. Its standard error is the test's, or
/// captured. The destructor kills and reaps it. It is also killed if the test dies. Every failure throws
/// std::runtime_error, whose text names the program.
class Subprocess {
  public:
    enum class Errors { shown, kept };

    /// Searches argv[0] in PATH. Throws if the program cannot be run.
    explicit Subprocess(std::vector<std::string> argv, Errors errors = Errors::shown);
    ~Subprocess();
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;

    /// The next line of output, without its end. Throws if the output ends first or `patience` runs out.
    [[nodiscard]] std::string read_line(std::chrono::milliseconds patience = std::chrono::seconds{20});
    /// All further output. Throws if it does not end within `patience`.
    [[nodiscard]] std::string read_rest(std::chrono::milliseconds patience = std::chrono::seconds{20});

    struct Outcome {
        int status;          ///< as of wait()
        std::string output;  ///< the output not read before
        std::string errors;  ///< if captured
    };
    /// Closes its input and waits for its end. Throws if it neither writes nor ends within `patience`.
    [[nodiscard]] Outcome finish(std::chrono::milliseconds patience = std::chrono::seconds{20});

    void write(std::string_view text);
    void close_input() noexcept { input_.reset(); }
    /// Closes the reading end: further writes of the child fail.
    void close_output() noexcept { output_.reset(); }

    /// SIGSTOP pauses the child, SIGCONT resumes it, SIGTERM asks it to end, SIGKILL ends it.
    void signal(int number);

    /// Waits for the end: the exit status, or minus the signal that ended the child.
    int wait();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  private:
    [[nodiscard]] bool read_more(std::chrono::milliseconds patience);
    [[noreturn]] void fail(const std::string& what) const;

    std::string name_;
    pid_t pid_ = -1;
    int status_ = 0;
    bool reaped_ = false;
    UniqueFd input_;
    UniqueFd output_;
    UniqueFd errors_;
    std::string read_;
};

}  // namespace pinwheel::test
