#pragma once

#include <stdexcept>
#include <string>

namespace pinwheel::test {

/// A required condition is false.
struct Broken : std::logic_error {
    using std::logic_error::logic_error;
};

/// For code that runs in tests and in fuzzers.
inline void require(bool holds, const std::string& what) {
    if (!holds) throw Broken(what);
}
inline void require(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

}  // namespace pinwheel::test
