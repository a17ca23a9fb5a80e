#include "text_file.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace pinwheel {
namespace {

constexpr std::uint64_t kLargestText = std::uint64_t{16} << 20;

Error unreadable(const std::string& path, const std::string& why) {
    return {Errc::invalid_argument, path + ": cannot be read (" + why + ")"};
}
std::string too_large(std::uint64_t limit) {
    return "it has more than " + std::to_string(limit) + " bytes";
}

}  // namespace

Error check_regular_file(const std::string& path, std::uint64_t limit) {
    struct stat kind {};
    if (::stat(path.c_str(), &kind) != 0) return unreadable(path, std::strerror(errno));
    if (S_ISDIR(kind.st_mode)) return unreadable(path, std::strerror(EISDIR));
    if (!S_ISREG(kind.st_mode)) return unreadable(path, "it is not a regular file");
    if (static_cast<std::uint64_t>(kind.st_size) > limit) return unreadable(path, too_large(limit));
    return {};
}

Result<std::string> read_text_file(const std::string& path) {
    if (Error refused = check_regular_file(path, kLargestText)) return refused;
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
    std::string text;
    if (file != nullptr) {
        std::array<char, 4096> chunk{};
        while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get()))
            if (text.append(chunk.data(), got).size() > kLargestText)
                return unreadable(path, too_large(kLargestText));
    }
    if (file == nullptr || std::ferror(file.get()) != 0) return unreadable(path, std::strerror(errno));
    return text;
}

}  // namespace pinwheel
