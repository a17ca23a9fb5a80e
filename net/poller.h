#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/clock.h"
#include "../core/error.h"
#include "turn_bounds.h"
#include "unique_fd.h"

struct epoll_event;

namespace pinwheel {

/// The events that a descriptor is watched for, or is ready for.
struct Interest {
    bool read = false;
    bool write = false;
    [[nodiscard]] bool any() const noexcept { return read || write; }
    friend bool operator==(Interest, Interest) = default;
};

/// Busy polling by epoll (EPIOCSPARAMS, Linux 6.9): a wait polls the network devices of its sockets before it
/// sleeps.
struct EpollBusyPoll {
    std::uint32_t time_us = 50;  ///< how long a wait polls; 0: not at all
    std::uint16_t budget = 8;    ///< packets a poll; more than 64 needs CAP_NET_ADMIN
    bool prefer = false;         ///< interrupts stay off while a wait polls
};

/// Level-triggered epoll, with opaque pointers as keys. A key that is removed during a batch of ready keys is
/// not reported again in that batch. Threading: one thread. Allocates: nothing after construction.
class Poller {
  public:
    struct Ready {
        void* key;
        Interest interest;
    };

    /// Throws std::system_error.
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// A descriptor without interest is not registered, because epoll would report its errors without end. In
    /// another process than the creator's these calls change nothing: a forked child shares the epoll of its
    /// parent.
    [[nodiscard]] Errc set(int fd, void* key, Interest before, Interest after) noexcept;
    /// Registers the descriptor with this interest if it is not registered. True if it was missing.
    [[nodiscard]] bool restore(int fd, void* key, Interest interest) noexcept;
    void forget(void* key) noexcept;
    /// False in a process that was forked from the creator's.
    [[nodiscard]] bool is_own_process() const noexcept;

    /// The error of the system, which names the setting.
    [[nodiscard]] Error busy_poll(const EpollBusyPoll& options);

    /// Waits for a batch, at most `timeout`; 0 does not wait. The batch must be drained before the next call.
    void wait(Duration timeout) noexcept;
    /// The next key of the batch; false at its end.
    [[nodiscard]] bool next(Ready& ready) noexcept;

  private:
    static constexpr std::size_t kBatch = turn_bounds::kReadyDescriptors;

    UniqueFd epoll_;
    const pid_t maker_;
    bool has_pwait2_ = true;
    std::array<Ready, kBatch> batch_;
    std::size_t size_ = 0;
    std::size_t at_ = 0;
};

}  // namespace pinwheel
