#include "capture.h"

#include <charconv>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "../../core/bytes.h"
#include "../../core/text_file.h"
#include "../../proto/text/utf8.h"

namespace pinwheel {
namespace {

constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;

}  // namespace

Capture Capture::load(const std::string& path) {
    auto text = read_text_file(path, kLargest);
    if (!text)  // 'path: reason'
        throw std::runtime_error("capture '" + path + "'" + text.error().message().substr(path.size()));
    std::istringstream file(*std::move(text));
    constexpr double kLatest = 1e10;  // Unix time, some centuries ahead
    Capture capture;
    std::string line;
    double first = 0;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const auto first_tab = line.find('\t');
        double time = 0;
        const bool fields = first_tab != std::string::npos && line.size() > first_tab + 2 &&
                            line[first_tab + 2] == '\t' &&
                            std::string_view("<>=").find(line[first_tab + 1]) != std::string_view::npos;
        if (!fields ||
            std::from_chars(line.data(), line.data() + first_tab, time).ptr != line.data() + first_tab ||
            !(time >= 0 && time < kLatest))
            throw std::runtime_error("capture '" + path + "', line " + std::to_string(number) +
                                     ": not 'time TAB < or > or = TAB payload'");
        if (!is_utf8(bytes_of(std::string_view(line).substr(first_tab + 3))))
            throw std::runtime_error("capture '" + path + "', line " + std::to_string(number) +
                                     ": the payload is not UTF-8, which text messages must be");
        if (number == 1) first = time;
        Frame frame{.at = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(time - first)),
                    .payload = line.substr(first_tab + 3),
                    .line = number};
        if (line[first_tab + 1] == '<')
            capture.received.push_back(std::move(frame));
        else if (line[first_tab + 1] == '>')
            capture.sent.push_back(std::move(frame));
        else
            capture.urls.push_back(std::move(frame.payload));
    }
    if (capture.received.empty())
        throw std::runtime_error("capture '" + path + "' holds no received message (a line with '<')");
    return capture;
}

}  // namespace pinwheel
