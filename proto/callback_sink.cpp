#include "callback_sink.h"

#include <algorithm>
#include <bit>
#include <new>

namespace pinwheel {
namespace {

constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kKept = std::size_t{64} << 10;

}  // namespace

bool CallbackSink::reserve(std::size_t size) noexcept {
    if (buffer_.size() >= size + kPayloadPadding) [[likely]]
        return true;
    try {
        buffer_.resize(std::max(kSmallest, std::bit_ceil(size + kPayloadPadding)));
    } catch (const std::bad_alloc&) {
        ++sequence_;
        ++dropped_;
        return false;
    }
    return true;
}

MessageSink::Claim CallbackSink::claim(std::size_t size) noexcept {
    if (!reserve(size)) return {Verdict::drop, nullptr};
    return {Verdict::take, buffer_.data()};
}

std::byte* CallbackSink::grow(std::size_t, std::size_t size) noexcept {
    return reserve(size) ? buffer_.data() : nullptr;
}

void CallbackSink::commit(std::size_t size, bool is_text, const MessageStamp& stamp) {
    struct GiveBack {
        std::vector<std::byte>& buffer;
        ~GiveBack() {
            if (buffer.size() > kKept) [[unlikely]]
                std::vector<std::byte>().swap(buffer);
        }
    } give_back{buffer_};
    callback_({.payload = {buffer_.data(), size},
               .is_text = is_text,
               .generation = generation_,
               .sequence = ++sequence_,
               .received = stamp.received,
               .kernel_received = stamp.kernel_received});
}

}  // namespace pinwheel
