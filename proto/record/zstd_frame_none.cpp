// Replaces zstd_frame.cpp in a build without libzstd.
#include "zstd_frame_impl.h"

namespace pinwheel::detail {

struct FrameCompressor::Context {};
struct FrameDecompressor::Context {};

bool zstd_is_available() noexcept {
    return false;
}

FrameCompressor::FrameCompressor(int /*level*/) {}
FrameCompressor::~FrameCompressor() = default;
bool FrameCompressor::compress(std::string_view /*raw*/, std::string& /*out*/) {
    return false;
}
FrameDecompressor::FrameDecompressor() = default;
FrameDecompressor::~FrameDecompressor() = default;
bool FrameDecompressor::decompress(std::span<const std::byte> /*frame*/, std::string& /*out*/) {
    return false;
}
FoundFrame find_frame(std::span<const std::byte> /*bytes*/) noexcept {
    return {};
}
bool tells_size(std::span<const std::byte> /*bytes*/) noexcept {
    return false;
}
std::size_t find_magic(std::span<const std::byte> bytes) noexcept {
    return bytes.size();
}

}  // namespace pinwheel::detail
