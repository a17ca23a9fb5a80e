#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "../../net/dialer.h"
#include "../../net/listener.h"
#include "../../net/reactor.h"
#include "../../net/tcp_stream.h"

namespace pinwheel::test {

/// The outcome of a dial.
struct DialOutcome final : DialHandler {
    void on_dialed(std::unique_ptr<ByteStream> dialed) override { stream = std::move(dialed); }
    void on_dial_failed(const Error& failure) override { error = failure; }
    void on_dial_warning(const Error& warning) override { warnings.push_back(warning); }
    [[nodiscard]] bool over() const { return stream != nullptr || error.has_value(); }

    std::unique_ptr<ByteStream> stream;
    std::optional<Error> error;
    std::vector<Error> warnings;
};

/// Turns the reactor until the condition holds. Only the suite's time limit ends it otherwise.
inline void turn_until(Reactor& reactor, const std::function<bool()>& done) {
    while (!done()) reactor.poll_for(std::chrono::milliseconds{20});
}

[[nodiscard]] inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A port without a listener: bound, then released.
[[nodiscard]] inline std::uint16_t refused_port() {
    Reactor reactor;
    auto ignore = [](UniqueFd) {};
    return Listener(reactor, *Endpoint::parse("127.0.0.1", 0), Listener::Accepted(ignore)).endpoint().port();
}

}  // namespace pinwheel::test
