#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "../../core/message_queue.h"

namespace pinwheel::bench {

/// Empties a ring each millisecond on its own thread, and does nothing with the messages: the floor of a
/// recorder.
class BareConsumer {
  public:
    explicit BareConsumer(MessageQueue& queue)
        : thread_([this, &queue] {
              while (!stop_) {
                  while (queue.front() != nullptr) queue.pop();
                  std::this_thread::sleep_for(std::chrono::milliseconds{1});
              }
          }) {}
    ~BareConsumer() {
        stop_ = true;
        thread_.join();
    }
    BareConsumer(const BareConsumer&) = delete;
    BareConsumer& operator=(const BareConsumer&) = delete;

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace pinwheel::bench
