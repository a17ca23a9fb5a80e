#include "line_input.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace pinwheel::tool {
namespace {

constexpr std::size_t kReadSize = std::size_t{1} << 16;
constexpr Duration kRetry = std::chrono::milliseconds{10};

bool is_readable(int fd) noexcept {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
}

}  // namespace

void LineInput::resume() {
    if (ended_ || watch_.active()) return;
    retry_timer_.cancel();
    always_ready_ = reactor_.watch(watch_, fd_, {.read = true}) != Errc::ok;
    if (always_ready_) std::ignore = reactor_.watch(watch_, -1, {.read = true});
    reactor_.revisit(watch_);
}

void LineInput::pause() noexcept {
    retry_timer_.cancel();
    watch_.stop();
}

void LineInput::end() noexcept {
    ended_ = true;
    pause();
}

int LineInput::on_ready(Interest, TimePoint) {
    if (!hand_on()) return 1;
    if (!is_readable(fd_) || !read_more()) return 0;
    if (hand_on() && always_ready_ && watch_.active()) reactor_.revisit(watch_);
    return 1;
}

/// False at the end of the input, and if there was nothing to read.
bool LineInput::read_more() {
    const std::size_t before = text_.size();
    text_.resize(before + kReadSize);
    const auto got = ::read(fd_, text_.data() + before, kReadSize);
    text_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got > 0) return true;
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (text_.empty()) {
        end();
        return false;
    }
    text_ += '\n';  // the last line may lack its end
    return true;
}

/// True if no whole line is left.
bool LineInput::hand_on() {
    std::size_t begin = 0;
    bool taken = true;
    for (auto end_of_line = text_.find('\n'); end_of_line != std::string::npos;
         end_of_line = text_.find('\n', begin)) {
        std::string_view line(text_.data() + begin, end_of_line - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > longest_) break;
        taken = line.empty() || take_(line);
        if (!taken) break;
        begin = end_of_line + 1;
    }
    text_.erase(0, begin);
    if (!taken) {
        pause();
        reactor_.schedule_after(retry_timer_, kRetry);
    } else if (std::min(text_.find('\n'), text_.size()) > longest_) {
        end();
        too_long_();
        return false;
    }
    return taken;
}

}  // namespace pinwheel::tool
