#pragma once

#include <termios.h>

#include <string>
#include <vector>

#include "live_view.h"

namespace pinwheel::tool {

/// A terminal that is drawn upon, and left as it was found: by the destructor, exit(), a signal that ends the
/// program, and while it is stopped (ctrl-Z). One at a time. Never waits for a terminal that does not take
/// more, such as after ctrl-S.
class Terminal {
  public:
    explicit Terminal(int fd);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// True if `fd` is a terminal that can be drawn upon, and this process is in its foreground.
    [[nodiscard]] static bool usable(int fd);

    /// As it is now.
    [[nodiscard]] ScreenSize size() const;
    /// Shows these lines, on a screen of their own.
    void show(const std::vector<std::string>& lines);
    /// Shows this in place of the line that was shown last, on the screen as it was found.
    void show_line(const std::string& line);
    /// Ends the line if one is shown, and brings back the screen and what was on it.
    void leave();

  private:
    [[nodiscard]] bool takes_more() const;

    const int fd_;
    bool line_shown_ = false;
};

}  // namespace pinwheel::tool
