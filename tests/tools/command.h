#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/subprocess.h"

namespace pinwheel::test {

/// The pinwheel command with these arguments.
inline std::vector<std::string> pinwheel(std::vector<std::string> words) {
    words.insert(words.begin(), PINWHEEL_COMMAND);
    return words;
}

/// Runs it to its end.
inline Subprocess::Outcome run(std::vector<std::string> words) {
    return Subprocess(pinwheel(std::move(words)), Subprocess::Errors::kept).finish();
}

inline std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The last line, without its end.
inline std::string last_line(const std::string& text) {
    const std::string body = text.substr(0, text.find_last_not_of('\n') + 1);
    return body.substr(body.rfind('\n') + 1);
}

/// One line on stderr that contains each of these, nothing on stdout, and this exit status.
inline void expect_refusal(const Subprocess::Outcome& outcome, int status,
                           const std::vector<std::string>& words) {
    EXPECT_EQ(outcome.status, status) << outcome.errors;
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(lines_of(outcome.errors), 1U) << outcome.errors;
    EXPECT_EQ(outcome.errors.substr(0, 10), "pinwheel: ");
    for (const auto& word : words)
        EXPECT_NE(outcome.errors.find(word), std::string::npos)
            << "no '" << word << "' in: " << outcome.errors;
}

/// `pinwheel feed` on a port that the kernel chooses.
class FeedCommand {
  public:
    explicit FeedCommand(std::vector<std::string> options = {})
        : process_(pinwheel(with_feed(std::move(options))), Subprocess::Errors::kept),
          port_(process_.read_line()),
          greeting_(process_.read_line()) {}

    [[nodiscard]] const std::string& port() const noexcept { return port_; }
    [[nodiscard]] const std::string& greeting() const noexcept { return greeting_; }
    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "ws://127.0.0.1:" + port_ + path;
    }
    [[nodiscard]] std::string tls_url(const std::string& host = "127.0.0.1") const {
        return "wss://" + host + ":" + port_ + "/";
    }
    [[nodiscard]] Subprocess& process() noexcept { return process_; }

  private:
    static std::vector<std::string> with_feed(std::vector<std::string> options) {
        options.insert(options.begin(), "feed");
        return options;
    }

    Subprocess process_;
    const std::string port_;
    const std::string greeting_;
};

}  // namespace pinwheel::test
