#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "../../core/record.h"
#include "../support/message_log.h"
#include "../support/require.h"
#include "../support/wslay_events.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

/// Takes, pauses, drops, or fails to grow, by a list. Checks the order of the calls.
class PickySink final : public MessageSink, public ControlSink {
  public:
    explicit PickySink(std::vector<std::size_t> moods) : moods_(std::move(moods)) {}

    Claim claim(std::size_t size) noexcept override {
        require(!claimed_, "a claim inside a claim");
        require(size <= kMaxMessage, "a claim beyond the limit");
        const std::size_t mood = moods_[claims_ % moods_.size()] % 4;
        if (mood == kPause && !paused_) {
            paused_ = true;
            return {Verdict::pause, nullptr};
        }
        paused_ = false;
        refuses_growth_ = mood == kRefuseGrowth;
        ++claims_;
        if (mood == kDrop) {
            ++dropped;
            return {Verdict::drop, nullptr};
        }
        claimed_ = true;
        room_.assign(size + kPayloadPadding, std::byte{0xee});
        size_ = size;
        return {Verdict::take, room_.data()};
    }
    std::byte* grow(std::size_t used, std::size_t size) noexcept override {
        require(claimed_ && used <= size_ && size > size_ && size <= kMaxMessage, "a growth out of order");
        if (refuses_growth_) {
            claimed_ = false;
            ++dropped;
            return nullptr;
        }
        std::vector<std::byte> larger(size + kPayloadPadding, std::byte{0xee});
        std::copy_n(room_.begin(), used, larger.begin());
        room_.swap(larger);
        size_ = size;
        return room_.data();
    }
    void commit(std::size_t size, bool is_text, const MessageStamp&) override {
        require(claimed_ && size == size_, "a commit that fits no claim");
        require(std::all_of(room_.end() - kPayloadPadding, room_.end(),
                            [](std::byte byte) { return byte == std::byte{0xee}; }),
                "the room was overrun");
        claimed_ = false;
        messages[claims_] = (is_text ? "T" : "B") + text_of(std::span(room_).first(size));
    }
    void on_ping(std::span<const std::byte> payload) override { require(payload.size() <= 125, "ping"); }
    void on_pong(std::span<const std::byte> payload) override { require(payload.size() <= 125, "pong"); }
    void on_close(const CloseFrame& frame) override {
        require(!std::exchange(closed_, true), "two closes");
        require(frame.reason.size() <= 123, "a close reason");
    }

    /// Returns the result of the last run().
    MessageAssembler::Progress decode(Role role, std::string_view stream,
                                      std::span<const std::size_t> pieces) {
        MessageAssembler assembler(role, kMaxMessage, *this, *this);
        auto progress = MessageAssembler::Progress::need_input;
        for (std::size_t at = 0, i = 0; at < stream.size(); at += pieces[i++ % pieces.size()]) {
            require(assembler.wants_input(), "no wish for input");
            assembler.feed(bytes_of(stream.substr(at, pieces[i % pieces.size()])));
            do progress = assembler.run({});
            while (progress == MessageAssembler::Progress::paused);
            if (progress != MessageAssembler::Progress::need_input) break;
        }
        return progress;
    }

    std::map<std::size_t, std::string> messages;  // by number
    std::size_t dropped = 0;

  private:
    static constexpr std::size_t kPause = 1;
    static constexpr std::size_t kDrop = 2;
    static constexpr std::size_t kRefuseGrowth = 3;

    const std::vector<std::size_t> moods_;
    std::vector<std::byte> room_;
    std::size_t size_ = 0;
    std::size_t claims_ = 0;
    bool claimed_ = false;
    bool paused_ = false;
    bool refuses_growth_ = false;
    bool closed_ = false;
};

/// A sink that is full at times changes which messages arrive, and nothing else.
void check_picky(Role role, std::string_view stream, std::span<const std::size_t> sizes,
                 const std::vector<std::size_t>& moods) {
    PickySink whole({0});
    PickySink picky(moods);
    const auto progress = whole.decode(role, stream, std::array{stream.size() + 1});
    const auto picky_progress = picky.decode(role, stream, sizes);
    for (const auto& [number, text] : picky.messages) {
        const auto same = whole.messages.find(number);
        // Dropped messages were not checked: this assembler may have continued where the reference failed.
        if (same == whole.messages.end())
            require(progress == MessageAssembler::Progress::failed && picky.dropped > 0,
                    "a message too many");
        else
            require(same->second == text, "a message that differs");
    }
    if (picky.dropped > 0) return;
    require(picky.messages.size() == whole.messages.size(), "a message is missing");
    require(progress == picky_progress, "another end");
}

void check_against_wslay(Role role, std::string_view stream, const std::string& ours) {
    const std::string theirs = wslay_events(stream, role, kMaxMessage);
    const auto failed = ours.rfind("error:");
    if (failed == std::string::npos) {
        // wslay knows no close codes from 1012 on, which were registered later.
        const auto close = std::min(ours.size(), ours.rfind("close:101"));
        require(theirs == ours || theirs == std::string_view(ours).substr(0, close),
                "wslay's event layer sees other messages");
        return;
    }
    const std::string_view before = std::string_view(ours).substr(0, failed);
    require(theirs.starts_with(before) || before.starts_with(theirs),
            "wslay's event layer saw other messages before the failure");
}

/// The output of encode_frame() decodes.
void check_encoder(std::string_view payload, std::uint32_t mask, bool masked) {
    std::vector<std::byte> frame(frame_size(payload.size()));
    frame.resize(
        encode_frame(Opcode::binary, bytes_of(payload), masked ? std::optional(mask) : std::nullopt, frame));
    FrameDecoder decoder(masked ? Role::server : Role::client);
    decoder.feed(frame);
    std::string decoded;
    FrameDecoder::Status status{};
    while ((status = decoder.next()) == FrameDecoder::Status::chunk) decoded += text_of(decoder.chunk().data);
    require(status == FrameDecoder::Status::need_input && decoded == payload,
            "a frame of ours is not read back");
}

}  // namespace

void fuzz_frames(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const Role role = input.below(4) == 3 ? Role::server : Role::client;
    const auto sizes = draw_sizes(input);
    const auto moods = draw_sizes(input);
    const auto mask = static_cast<std::uint32_t>(input.below(std::uint64_t{1} << 32));
    const std::string_view stream = input.rest();

    const std::string whole = MessageLog(role).decode(stream, stream.size() + 1);
    require(MessageLog(role).decode(stream, sizes) == whole, "another cut gives other messages");
    if (stream.size() < 1024)
        require(MessageLog(role).decode(stream, 1) == whole, "single bytes give other messages");
    const auto inflated = [role, stream](std::span<const std::size_t> pieces) {
        return MessageLog(MessageLog::Compressed{}, role).decode(stream, pieces);
    };
    require(inflated(sizes) == inflated(std::array{stream.size() + 1}),
            "another cut gives other compressed messages");
    check_against_wslay(role, stream, whole);
    check_picky(role, stream, sizes, moods);
    check_encoder(stream, mask, mask != 0);
}

}  // namespace pinwheel::test
