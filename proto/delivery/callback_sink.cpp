#include "callback_sink.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

namespace pinwheel {
namespace {

constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kKept = std::size_t{64} << 10;
constexpr std::size_t kMessagesBeforeShrinking = 1024;

}  // namespace

/// Made here, so that the first message finds its place; if there is no memory now, the first message asks
/// again.
CallbackSink::CallbackSink(Callback callback, Overflow on_overflow) noexcept
    : callback_(callback), on_overflow_(on_overflow) {
    std::ignore = reallocate(kSmallest, 0);
}

/// Zeroed by calloc: for a large buffer that is the kernel's doing, page by page as the message arrives.
bool CallbackSink::reallocate(std::size_t capacity, std::size_t used) noexcept {
    Buffer buffer{static_cast<std::byte*>(std::calloc(capacity, 1))};
    if (!buffer) return false;
    if (used > 0) std::memcpy(buffer.get(), buffer_.get(), used);
    buffer_ = std::move(buffer);
    capacity_ = capacity;
    smaller_in_a_row_ = 0;
    return true;
}

bool CallbackSink::reserve(std::size_t size, std::size_t used) noexcept {
    const std::size_t needed = size + kPayloadPadding;
    if (needed <= capacity_ || reallocate(std::max({kSmallest, needed, 2 * capacity_}), used)) return true;
    ++sequence_;
    ++dropped_;
    if (on_overflow_) on_overflow_(Verdict::drop);
    return false;
}

MessageSink::Claim CallbackSink::claim(std::size_t size) noexcept {
    if (capacity_ > kKept) [[unlikely]] {
        smaller_in_a_row_ = size + kPayloadPadding <= kKept ? smaller_in_a_row_ + 1 : 0;
        if (smaller_in_a_row_ > kMessagesBeforeShrinking) std::ignore = reallocate(kKept, 0);
    }
    if (size + kPayloadPadding > capacity_ && !reserve(size, 0)) [[unlikely]]
        return {Verdict::drop, nullptr};
    return {Verdict::take, buffer_.get()};
}

std::byte* CallbackSink::grow(std::size_t used, std::size_t size) noexcept {
    return reserve(size, used) ? buffer_.get() : nullptr;
}

void CallbackSink::commit(std::size_t size, bool is_text, const MessageStamp& stamp) {
    callback_({.payload = {buffer_.get(), size},
               .is_text = is_text,
               .generation = generation_,
               .sequence = ++sequence_,
               .received = stamp.received,
               .kernel_received = stamp.kernel_received});
}

}  // namespace pinwheel
