#include "message_sink.h"

#include <cstring>

namespace pinwheel {

MessageSink::Verdict MessageSink::take(std::span<const std::byte> payload, bool is_text,
                                       const MessageStamp& stamp) {
    const Claim claimed = claim(payload.size());
    if (claimed.verdict != Verdict::take) return claimed.verdict;
    if (!payload.empty()) std::memcpy(claimed.room, payload.data(), payload.size());
    commit(payload.size(), is_text, stamp);
    return Verdict::take;
}

}  // namespace pinwheel
