#pragma once

#include <nats/nats.h>

#include <atomic>
#include <mutex>
#include <string>

namespace pinwheel::test {

/// Which call of libnats fails, with what. The linker sends the calls through wrapped_nats.cpp. Threading:
/// any.
class NatsCallPlan {
  public:
    /// From now on the `nth` call of this name fails, and so do the `count` - 1 that follow.
    void arm(std::string name, int nth, natsStatus status, int count = 1);
    void disarm() { arm({}, 0, NATS_OK); }
    [[nodiscard]] bool fired() const { return fired_; }
    /// NATS_OK: the call is made.
    [[nodiscard]] natsStatus see(const char* name);

  private:
    std::mutex mutex_;
    std::string name_;
    natsStatus status_ = NATS_OK;
    int nth_ = 0, count_ = 0, seen_ = 0;
    std::atomic<bool> fired_{false};
};

extern NatsCallPlan nats_call_plan;

}  // namespace pinwheel::test
