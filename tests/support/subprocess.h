#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// A child process with a pipe to its input and one from its output; its standard error is the test's, or
/// kept if asked for.
/// Killed and reaped with its object, and killed if the test itself dies. Every failure throws
/// std::runtime_error, whose text names the program.
class Subprocess {
  public:
    enum class Errors { shown, kept };

    /// argv[0] is looked for along PATH. Throws if the program cannot be run.
    explicit Subprocess(std::vector<std::string> argv, Errors errors = Errors::shown);
    ~Subprocess();
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;

    /// The next line of output, without its end. Throws if the output ends first or `patience` runs out.
    [[nodiscard]] std::string read_line(std::chrono::milliseconds patience = std::chrono::seconds{20});
    /// All output from here on. Throws if it does not end within `patience`.
    [[nodiscard]] std::string read_rest(std::chrono::milliseconds patience = std::chrono::seconds{20});

    struct Outcome {
        int status;          ///< as of wait()
        std::string output;  ///< what had not been read
        std::string errors;  ///< if they are kept
    };
    /// Closes its input and waits for its end. Throws if it says nothing for `patience` and goes on.
    [[nodiscard]] Outcome finish(std::chrono::milliseconds patience = std::chrono::seconds{20});

    void write(std::string_view text);
    void close_input() noexcept { input_.reset(); }
    /// What it writes from now on breaks the pipe.
    void close_output() noexcept { output_.reset(); }

    /// SIGSTOP freezes the child, SIGCONT lets it go on, SIGTERM asks it to end, SIGKILL ends it.
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
