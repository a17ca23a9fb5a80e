#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "../../core/record.h"
#include "../../proto/websocket/message_sink.h"
#include "frames.h"

namespace pinwheel::test {

/// Answers claims by a script, accepts everything after its end, and logs its calls: `claim:N`,
/// `grow:USED:N`, `T:text` or `B:size` for a message.
class ScriptedSink final : public MessageSink {
  public:
    std::deque<Verdict> verdicts;
    bool refuses_growth = false;
    bool throws = false;  ///< from each commit
    std::string log;
    std::vector<std::byte> room;

    [[nodiscard]] Claim claim(std::size_t size) noexcept override {
        log += "claim:" + std::to_string(size) + " ";
        Verdict verdict = Verdict::take;
        if (!verdicts.empty()) {
            verdict = verdicts.front();
            verdicts.pop_front();
        }
        if (verdict != Verdict::take) return {verdict, nullptr};
        room.assign(size + kPayloadPadding, std::byte{0xee});
        return {verdict, room.data()};
    }
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override {
        log += "grow:" + std::to_string(used) + ":" + std::to_string(size) + " ";
        if (refuses_growth) return nullptr;
        std::vector<std::byte> larger(size + kPayloadPadding, std::byte{0xee});
        std::copy_n(room.begin(), used, larger.begin());
        room.swap(larger);
        return room.data();
    }
    void commit(std::size_t size, bool is_text, const MessageStamp&) override {
        log += is_text ? "T:" + text_of(std::span(room).first(size)) : "B:" + std::to_string(size);
        log += " ";
        if (throws) throw std::string("from the handler");
    }
};

}  // namespace pinwheel::test
