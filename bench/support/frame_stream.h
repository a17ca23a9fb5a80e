#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "../../proto/websocket/frame_codec.h"
#include "../../proto/websocket/message_assembler.h"

namespace pinwheel::bench {

/// Unmasked text frames of one payload size, as a feed sends them, and their totals.
class FrameStream {
  public:
    /// At least `least` bytes, in whole frames. The payload is ASCII, or has a two-byte character at its end.
    explicit FrameStream(std::size_t payload_size, std::size_t least = std::size_t{64} << 10,
                         bool ascii = true) {
        static constexpr std::string_view kText = R"({"e":"trade","p":"64231.50","q":"0.0042","m":true})";
        std::string payload;
        while (payload.size() < payload_size) payload += kText[payload.size() % kText.size()];
        if (!ascii && payload_size >= 2) payload.replace(payload_size - 2, 2, "\xc3\xa9");
        const auto bytes = std::as_bytes(std::span(payload));
        std::string frame(frame_size(payload_size), '\0');
        frame.resize(
            encode_frame(Opcode::text, bytes, std::nullopt, std::as_writable_bytes(std::span(frame))));
        do {
            stream_ += frame;
            ++messages_;
        } while (stream_.size() < least);
        payload_bytes_ = messages_ * payload_size;
    }

    [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
    [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }

    /// The stream in reads of `size` bytes.
    template <class Take>
    void in_reads_of(std::size_t size, Take take) const {
        const auto bytes = std::as_bytes(std::span(stream_));
        for (std::size_t at = 0; at < bytes.size(); at += size)
            take(bytes.subspan(at, std::min(size, bytes.size() - at)));
    }

  private:
    std::string stream_;
    std::size_t messages_ = 0;
    std::size_t payload_bytes_ = 0;
};

/// For streams without control frames.
class NoControl final : public ControlSink {
    void on_ping(std::span<const std::byte>) override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_close(const CloseFrame&) override {}
};

}  // namespace pinwheel::bench
