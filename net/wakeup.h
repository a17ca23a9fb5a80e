#pragma once

#include "unique_fd.h"

namespace pinwheel {

/// Ends a reactor's sleep from another thread (eventfd). Threading: signal() from any thread, the rest from
/// the reactor's. Allocates: nothing.
class Wakeup {
  public:
    /// Throws std::system_error.
    Wakeup();
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    void signal() noexcept;
    void clear() noexcept;

  private:
    UniqueFd fd_;
};

}  // namespace pinwheel
