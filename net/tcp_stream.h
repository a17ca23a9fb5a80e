#pragma once

#include <functional>
#include <utility>

#include "byte_stream.h"
#include "unique_fd.h"

namespace pinwheel {

/// A connected, non-blocking TCP socket.
/// Threading: the reactor's thread. Allocates: nothing.
class TcpStream final : public ByteStream, private StreamDetails {
  public:
    /// `with_arrival_times`: the socket has SO_TIMESTAMPNS set. `rated` receives the call of rate_peer(). It
    /// may throw only std::bad_alloc.
    explicit TcpStream(UniqueFd fd, bool with_arrival_times = false,
                       std::function<void(bool works)> rated = {}) noexcept
        : fd_(std::move(fd)), with_arrival_times_(with_arrival_times), rated_(std::move(rated)) {}

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override;
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override;
    void shutdown_write() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
    [[nodiscard]] StreamStatus status() const noexcept override {
        return {.arrival_time = arrival_time_, .filled = filled_};
    }
    [[nodiscard]] StreamDetails& details() noexcept override { return *this; }

  private:
    [[nodiscard]] std::string error_detail() const override;
    void rate_peer(bool works) noexcept override;
    [[nodiscard]] ssize_t receive_with_time(std::span<std::byte> out) noexcept;
    [[nodiscard]] IoResult failed() noexcept;

    UniqueFd fd_;
    const bool with_arrival_times_;
    const std::function<void(bool works)> rated_;
    bool filled_ = false;
    int last_errno_ = 0;
    SystemTime arrival_time_{};
};

}  // namespace pinwheel
