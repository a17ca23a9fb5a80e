#pragma once

#include <string>
#include <vector>

#include "../support/scripted_dialer.h"
#include "case.h"

namespace pinwheel::conformance {

/// The delivery of a server's bytes to the client.
struct Cut {
    std::string name;
    std::size_t piece = 0;  ///< bytes a read; 0: all
    std::size_t split = 0;  ///< one more cut, behind this byte; 0: none
    bool glued = false;     ///< to the answer of the upgrade, in the same read
};

/// The cuts with which a case is played. `few`: four of them, for builds that are known to be broken.
[[nodiscard]] std::vector<Cut> cuts_of(const Case& one, bool few);

struct Outcome {
    std::string received;
    std::string sent;
    std::string end;
    std::string error;  ///< the client's error at the end
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Plays one case against a separate Connection with its own clock. `wrap` may put a stream around the
/// scripted one.
[[nodiscard]] Outcome play(const Case& one, const Cut& cut, test::ScriptedDialer::Wrapper wrap = {});

}  // namespace pinwheel::conformance
