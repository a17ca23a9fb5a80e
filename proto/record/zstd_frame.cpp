#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include "../../core/bytes.h"
#include "zstd_frame_impl.h"

namespace pinwheel::detail {
namespace {

constexpr std::size_t kSkippableHeader = 8;
constexpr std::string_view kMagic("\x28\xb5\x2f\xfd", 4);

}  // namespace

struct FrameCompressor::Context {
    ZSTD_CCtx* value = ZSTD_createCCtx();
    Context() {
        if (value == nullptr) throw std::bad_alloc();
    }
    ~Context() { ZSTD_freeCCtx(value); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

struct FrameDecompressor::Context {
    ZSTD_DCtx* value = ZSTD_createDCtx();
    Context() {
        if (value == nullptr) throw std::bad_alloc();
    }
    ~Context() { ZSTD_freeDCtx(value); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

bool zstd_is_available() noexcept {
    return true;
}

FrameCompressor::FrameCompressor(int level) : context_(std::make_unique<Context>()) {
    ZSTD_CCtx_setParameter(context_->value, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_->value, ZSTD_c_contentSizeFlag, 1);
    ZSTD_CCtx_setParameter(context_->value, ZSTD_c_checksumFlag, 1);
}

FrameCompressor::~FrameCompressor() = default;

bool FrameCompressor::compress(std::string_view raw, std::string& out) {
    out.resize(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compress2(context_->value, out.data(), out.size(), raw.data(), raw.size());
    if (ZSTD_isError(size) != 0) return false;
    out.resize(size);
    return true;
}

FrameDecompressor::FrameDecompressor() : context_(std::make_unique<Context>()) {}

FrameDecompressor::~FrameDecompressor() = default;

bool FrameDecompressor::decompress(std::span<const std::byte> frame, std::string& out) {
    const auto raw = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw == ZSTD_CONTENTSIZE_ERROR || raw > kLargestFrame) return false;
    out.resize(raw);
    const std::size_t size =
        ZSTD_decompressDCtx(context_->value, out.data(), out.size(), frame.data(), frame.size());
    return ZSTD_isError(size) == 0 && size == raw;
}

FoundFrame find_frame(std::span<const std::byte> bytes) noexcept {
    using Status = FoundFrame::Status;
    if (bytes.size() < 4) return {.status = Status::cut_short};
    const std::uint32_t magic = little_endian_at(bytes, 0);
    if ((magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START) {
        if (bytes.size() < kSkippableHeader) return {.status = Status::cut_short};
        return {.status = Status::whole,
                .compressed = kSkippableHeader + little_endian_at(bytes, 4),
                .skippable = true};
    }
    if (magic != ZSTD_MAGICNUMBER) return {};
    const std::size_t size = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
    const auto raw = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0)
        return {.status =
                    ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong ? Status::cut_short : Status::none};
    if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw == ZSTD_CONTENTSIZE_ERROR || raw > kLargestFrame) return {};
    return {.status = Status::whole, .compressed = size, .raw = raw};
}

bool tells_size(std::span<const std::byte> bytes) noexcept {
    const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    return size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR;
}

std::size_t find_magic(std::span<const std::byte> bytes) noexcept {
    const std::string_view text = chars_of(bytes);
    return std::min(text.find(kMagic, 1), text.size());
}

}  // namespace pinwheel::detail
