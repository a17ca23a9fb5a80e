#include "parts_buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>

#include "../../core/record.h"

namespace pinwheel::detail {
namespace {

constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kKept = std::size_t{64} << 10;
constexpr std::size_t kMessagesBeforeShrinking = 1024;

}  // namespace

PartsBuffer::PartsBuffer() noexcept {
    std::ignore = reallocate(kSmallest, 0);
}

/// Zeroed by calloc: for a large buffer the kernel does that, page by page as the message arrives.
bool PartsBuffer::reallocate(std::size_t capacity, std::size_t used) noexcept {
    Memory memory{static_cast<std::byte*>(std::calloc(capacity, 1))};
    if (!memory) return false;
    if (used > 0) std::memcpy(memory.get(), memory_.get(), used);
    memory_ = std::move(memory);
    capacity_ = capacity;
    smaller_in_a_row_ = 0;
    return true;
}

std::byte* PartsBuffer::claim(std::size_t size) noexcept {
    if (capacity_ > kKept) [[unlikely]] {
        smaller_in_a_row_ = size + kPayloadPadding <= kKept ? smaller_in_a_row_ + 1 : 0;
        if (smaller_in_a_row_ > kMessagesBeforeShrinking) std::ignore = reallocate(kKept, 0);
    }
    return grow(0, size);
}

std::byte* PartsBuffer::grow(std::size_t used, std::size_t size) noexcept {
    if (size > std::numeric_limits<std::size_t>::max() - kPayloadPadding) return nullptr;
    const std::size_t needed = size + kPayloadPadding;
    if (needed <= capacity_ || reallocate(std::max({kSmallest, needed, 2 * capacity_}), used)) return data();
    return nullptr;
}

}  // namespace pinwheel::detail
