#pragma once

#include <stdexcept>
#include <string>

namespace pinwheel::test {

/// What must hold does not.
struct Broken : std::logic_error {
    using std::logic_error::logic_error;
};

/// For code that runs under a test framework and under a fuzzer alike.
inline void require(bool holds, const std::string& what) {
    if (!holds) throw Broken(what);
}
inline void require(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

}  // namespace pinwheel::test
