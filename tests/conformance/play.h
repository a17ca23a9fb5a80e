#pragma once

#include <string>
#include <vector>

#include "../support/scripted_dialer.h"
#include "case.h"

namespace pinwheel::conformance {

/// How a server's bytes reach the client.
struct Cut {
    std::string name;
    std::size_t piece = 0;  ///< bytes a read; 0: all
    std::size_t split = 0;  ///< one more cut, behind this byte; 0: none
    bool glued = false;     ///< to the answer of the upgrade, in one read with it
};

/// The cuts that a case is played with. `few`: four of them, for builds that are known to be broken.
[[nodiscard]] std::vector<Cut> cuts_of(const Case& one, bool few);

struct Outcome {
    std::string received;
    std::string sent;
    std::string end;
    std::string error;  ///< what the client says about the end
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Plays one case against a Connection of its own, on a clock of its own, perhaps over a stream around the
/// scripted one.
[[nodiscard]] Outcome play(const Case& one, const Cut& cut, test::ScriptedDialer::Wrapper wrap = {});

}  // namespace pinwheel::conformance
