#pragma once

#include <termios.h>

#include <string>
#include <vector>

#include "live_view.h"

namespace pinwheel::tool {

/// A terminal for drawing. It is restored by the destructor, by exit(), by a signal that ends the program,
/// and while the program is suspended (ctrl-Z). One object at a time. Never waits for a terminal that accepts
/// no output, for example after ctrl-S.
class Terminal {
  public:
    explicit Terminal(int fd);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// True if `fd` is a terminal that can be drawn on, and this process is in its foreground.
    [[nodiscard]] static bool usable(int fd);

    /// The current size.
    [[nodiscard]] ScreenSize size() const;
    /// Shows these lines, on the alternate screen.
    void show(const std::vector<std::string>& lines);
    /// Replaces the line that was shown last, on the normal screen.
    void show_line(const std::string& line);
    /// Ends the shown line, if any, and restores the normal screen.
    void leave();

  private:
    [[nodiscard]] bool takes_more() const;

    const int fd_;
    bool line_shown_ = false;
};

}  // namespace pinwheel::tool
