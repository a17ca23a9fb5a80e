#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../net/unique_fd.h"
#include "nats_link.h"
#include "nats_options.h"

namespace pinwheel {

/// libnats' socket as seen by its event loop, on any thread.
class NatsSocket {
  public:
    /// Registers with the options of a coming connection. It must outlive the connection.
    [[nodiscard]] natsStatus attach_to(natsOptions* options);
    /// Ends all waits for the socket. libnats may close its descriptor at any time: this one is a copy.
    void shut_down() noexcept;
    void close() noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool wants_write() const noexcept { return wants_write_; }

  private:
    static natsStatus attach(void** user, void* loop, natsConnection* connection, natsSock socket);
    static natsStatus watch_read(void* user, bool add);
    static natsStatus watch_write(void* user, bool add);
    static natsStatus detach(void* user);

    std::atomic<int> fd_{-1};
    std::atomic<bool> wants_write_{false};
    std::mutex mutex_;
    UniqueFd copy_;
};

/// The thread of libnats' calls, and the data that it shares with the link. `mutex` guards all named members,
/// unless they are atomic.
class NatsWorker {
  public:
    explicit NatsWorker(const RelayOptions& options);
    ~NatsWorker();
    NatsWorker(const NatsWorker&) = delete;
    NatsWorker& operator=(const NatsWorker&) = delete;

    /// Wakes the worker after a change. With the mutex held.
    void wake() noexcept;
    /// Drops the connection. With the mutex held.
    void give_up(std::string reason) noexcept;

    const RelayOptions settings;
    std::mutex mutex;
    std::condition_variable news;  // answers, or another state
    NatsState state = NatsState::down;
    std::string why;
    std::string inbox;
    std::uint64_t wanted = 0;  // number of the connection; 0: none
    std::vector<NatsPtr<natsMsg>> outbox;
    std::size_t outbox_bytes = 0;
    std::vector<NatsPtr<natsMsg>> answers;  // null: no subscriber
    std::int64_t max_payload = 0;
    std::atomic<std::size_t> in_socket{0};  // bytes that libnats holds
    NatsSocket socket;

  private:
    void run() noexcept;
    void open(std::uint64_t number);
    void close() noexcept;
    void fail(std::uint64_t number, const std::string& reason);
    /// One round of writing and reading. False: no work was done.
    bool step();
    [[nodiscard]] natsStatus publish_outbox();
    int take_answers();
    void sleep();

    const NatsPtr<natsOptions> options_;
    UniqueFd wake_up_;
    bool asleep_ = false;
    bool stopping_ = false;
    std::uint64_t current_ = 0;  // the worker's own, like all members below
    NatsPtr<natsConnection> connection_;
    NatsPtr<natsSubscription> subscription_;  // destroyed first
    std::thread thread_;
};

}  // namespace pinwheel
