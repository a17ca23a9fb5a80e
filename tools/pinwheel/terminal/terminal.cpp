#include "terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace pinwheel::tool {
namespace {

// Enters the alternate screen, without cursor and line wrapping; and leaves it.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l\033[2J";
constexpr std::string_view kLeave = "\033[?7h\033[?25h\033[?1049l";
constexpr std::array kEnding{SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// For signal handlers and exit().
int g_fd = -1;
termios g_found{};
termios g_quiet{};  // without echo of typed keys
std::atomic<bool> g_entered{false};

void put(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(g_fd, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}
void enter_screen() {
    ::tcsetattr(g_fd, TCSANOW, &g_quiet);
    put(kEnter);
}
void leave_screen() {
    put(kLeave);
    ::tcsetattr(g_fd, TCSANOW, &g_found);
}
void leave_if_entered() {
    if (g_entered.exchange(false)) leave_screen();
}

void on_ending_signal(int number) {
    leave_if_entered();
    std::signal(number, SIG_DFL);
    std::raise(number);
}
void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_NODEFER;  // a raise() inside is delivered at once
    ::sigaction(number, &action, nullptr);
}
void on_stop(int) {
    const bool entered = g_entered;
    if (entered) leave_screen();
    std::signal(SIGTSTP, SIG_DFL);
    std::raise(SIGTSTP);  // returns when the program is continued
    handle(SIGTSTP, &on_stop);
    if (entered) enter_screen();
}

}  // namespace

Terminal::Terminal(int fd) : fd_(fd) {
    g_fd = fd;
    ::tcgetattr(fd, &g_found);
    g_quiet = g_found;
    g_quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    [[maybe_unused]] static const int registered = std::atexit(&leave_if_entered);
    for (const int number : kEnding) handle(number, &on_ending_signal);
    handle(SIGTSTP, &on_stop);
}

Terminal::~Terminal() {
    leave();
    for (const int number : kEnding) std::signal(number, SIG_DFL);
    std::signal(SIGTSTP, SIG_DFL);
}

bool Terminal::usable(int fd) {
    const char* const kind = std::getenv("TERM");
    return ::isatty(fd) != 0 && kind != nullptr && std::string_view(kind) != "dumb" && *kind != '\0' &&
           ::tcgetpgrp(fd) == ::getpgrp();
}

ScreenSize Terminal::size() const {
    winsize window{};
    if (::ioctl(fd_, TIOCGWINSZ, &window) != 0) return {};
    return {window.ws_col, window.ws_row};
}

bool Terminal::takes_more() const {
    pollfd state{.fd = fd_, .events = POLLOUT, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & POLLOUT) != 0;
}

void Terminal::show(const std::vector<std::string>& lines) {
    if (!takes_more()) return;
    if (!g_entered) {
        leave();
        g_entered = true;
        enter_screen();
    }
    std::string frame = "\033[H";
    for (std::size_t i = 0; i < lines.size(); ++i) frame += (i > 0 ? "\r\n\033[2K" : "\033[2K") + lines[i];
    put(frame);
}

void Terminal::show_line(const std::string& line) {
    if (!takes_more()) return;
    leave_if_entered();
    put("\r" + line + "\033[K");
    line_shown_ = true;
}

void Terminal::leave() {
    leave_if_entered();
    if (line_shown_) put("\r\033[K");
    line_shown_ = false;
}

}  // namespace pinwheel::tool
