#include "callback_sink.h"

#include <tuple>

namespace pinwheel {

MessageSink::Verdict CallbackSink::take(std::span<const std::byte> payload, bool is_text,
                                        const MessageStamp& stamp) {
    callback_(next_message(payload, is_text, stamp));
    return Verdict::take;
}

MessageSink::Claim CallbackSink::claim(std::size_t size) noexcept {
    if (auto* const room = parts_.claim(size)) return {Verdict::take, room};
    skip_sequence();
    count_dropped();
    return {Verdict::drop, nullptr};
}

std::byte* CallbackSink::grow(std::size_t used, std::size_t size) noexcept {
    auto* const room = parts_.grow(used, size);
    if (room == nullptr) {
        skip_sequence();
        count_dropped();
    }
    return room;
}

void CallbackSink::commit(std::size_t size, bool is_text, const MessageStamp& stamp) {
    std::ignore = take({parts_.data(), size}, is_text, stamp);
}

}  // namespace pinwheel
