#pragma once
// A process that cannot open another descriptor.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <tuple>

#include "../../core/error.h"
#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// While it lives, no descriptor can be opened: the limit is the lowest free number.
class NoDescriptors {
  public:
    NoDescriptors() {
        // The sanitizer's first check of a virtual call opens a pipe. It remembers the type afterwards.
        std::ignore = std::error_code(EMFILE, std::system_category()).message();
        std::ignore = make_error_code(Errc::out_of_descriptors).message();
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd lowest(::dup(0));
        const rlimit none{static_cast<rlim_t>(lowest.get()), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
};

}  // namespace pinwheel::test
