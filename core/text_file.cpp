#include "text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace pinwheel {
namespace {

Error unreadable(const std::string& path, const std::string& why) {
    return {Errc::invalid_argument, path + ": cannot be read (" + why + ")"};
}
}  // namespace

Result<std::string> read_text_file(const std::string& path, std::uint64_t limit) {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
    std::string text;
    if (file != nullptr) {
        std::array<char, 4096> chunk{};
        while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get()))
            if (text.append(chunk.data(), got).size() > limit)
                return unreadable(path, "it has more than " + std::to_string(limit) + " bytes");
    }
    if (file == nullptr || std::ferror(file.get()) != 0) return unreadable(path, std::strerror(errno));
    return text;
}

}  // namespace pinwheel
