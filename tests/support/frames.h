#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/bytes.h"
#include "../../proto/websocket/opcode.h"

namespace pinwheel::test {

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The differences of a raw frame from a plain, final, unmasked one.
struct FrameShape {
    bool fin = true;
    unsigned rsv = 0;      ///< three bits
    unsigned opcode = 1;   ///< four bits
    bool masked = false;   ///< with the mask 0x01020304
    int length_bytes = 0;  ///< 1, 2 or 8: encode the length in this many bytes; 0: the minimum
    std::uint64_t claimed = ~std::uint64_t{0};  ///< the claimed length, if not the payload's
};

/// A frame, byte by byte, by RFC 6455 section 5.2.
inline std::string raw_frame(const FrameShape& shape, std::string_view payload) {
    const std::uint64_t length = shape.claimed == ~std::uint64_t{0} ? payload.size() : shape.claimed;
    const int bytes = shape.length_bytes != 0 ? shape.length_bytes
                      : length < 126          ? 1
                      : length < 65536        ? 2
                                              : 8;
    std::string frame;
    frame += static_cast<char>((shape.fin ? 0x80 : 0) | (shape.rsv << 4) | shape.opcode);
    const int mask_bit = shape.masked ? 0x80 : 0;
    frame += static_cast<char>(mask_bit | (bytes == 1 ? static_cast<int>(length) : bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; bytes > 1 && i >= 0; --i) frame += static_cast<char>(length >> (8 * i));
    if (!shape.masked) return frame + std::string(payload);
    frame += "\x01\x02\x03\x04";
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame += static_cast<char>(payload[i] ^ static_cast<char>(1 + i % 4));
    return frame;
}

inline std::string text_frame(std::string_view payload, bool fin = true) {
    return raw_frame({.fin = fin, .opcode = 1}, payload);
}
inline std::string binary_frame(std::string_view payload, bool fin = true) {
    return raw_frame({.fin = fin, .opcode = 2}, payload);
}
inline std::string continuation(std::string_view payload, bool fin = true) {
    return raw_frame({.fin = fin, .opcode = 0}, payload);
}
inline std::string ping_frame(std::string_view payload) {
    return raw_frame({.opcode = 9}, payload);
}
inline std::string pong_frame(std::string_view payload) {
    return raw_frame({.opcode = 10}, payload);
}
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    std::string payload;
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xff);
    return payload + std::string(reason);
}
inline std::string close_frame(unsigned code, std::string_view reason = {}) {
    return raw_frame({.opcode = 8}, close_payload(code, reason));
}

/// Removes the first frame of a client's output from `stream` and unmasks it. Opcode 255: there is no
/// complete frame.
struct SentFrame {
    unsigned opcode = 255;
    bool masked = false;
    bool fin = false;
    std::string payload;
};
inline SentFrame take_sent_frame(std::string& stream) {
    SentFrame frame;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(stream[i]); };
    if (stream.size() < 2) return frame;
    std::size_t at = 2;
    std::uint64_t length = byte(1) & 0x7f;
    if (length >= 126) {
        const std::size_t bytes = length == 126 ? 2 : 8;
        if (stream.size() < at + bytes) return frame;
        length = 0;
        for (std::size_t i = 0; i < bytes; ++i) length = length << 8 | byte(at++);
    }
    frame.masked = (byte(1) & 0x80) != 0;
    const std::string mask =
        frame.masked && stream.size() >= at + 4 ? stream.substr(at, 4) : std::string(4, '\0');
    at += frame.masked ? 4 : 0;
    if (stream.size() < at + length) return frame;
    frame.opcode = byte(0) & 0x0f;
    frame.fin = (byte(0) & 0x80) != 0;
    frame.payload = stream.substr(at, length);
    for (std::size_t i = 0; i < length; ++i)
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    stream.erase(0, at + length);
    return frame;
}

}  // namespace pinwheel::test
