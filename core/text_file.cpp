#include "text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace pinwheel {

Result<std::string> read_text_file(const std::string& path) {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
    std::string text;
    if (file != nullptr) {
        std::array<char, 4096> chunk{};
        while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get()))
            text.append(chunk.data(), got);
    }
    if (file == nullptr || std::ferror(file.get()) != 0)
        return Error{Errc::invalid_argument, path + ": cannot be read (" + std::strerror(errno) + ")"};
    return text;
}

}  // namespace pinwheel
