#include "tx_buffer.h"

#include <algorithm>
#include <bit>
#include <new>

namespace pinwheel {
namespace {

constexpr std::size_t kSmallest = 4096;  // a batch of pongs and a close frame fit

}  // namespace

bool TxBuffer::make_room(std::size_t size) noexcept {
    std::copy(bytes_.data() + head_, bytes_.data() + tail_, bytes_.data());
    tail_ -= head_;
    head_ = 0;
    if (bytes_.size() - tail_ >= size) return true;
    try {
        bytes_.resize(std::max(kSmallest, std::bit_ceil(tail_ + size)));
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

bool TxBuffer::append(std::span<const std::byte> unit) noexcept {
    const auto room = claim(unit.size());
    if (room.size() != unit.size()) return false;
    std::copy(unit.begin(), unit.end(), room.begin());
    commit(unit.size());
    return true;
}

void TxBuffer::shrink() noexcept {
    std::vector<std::byte>().swap(bytes_);
}

}  // namespace pinwheel
