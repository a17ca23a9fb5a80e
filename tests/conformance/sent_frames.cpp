#include "sent_frames.h"

#include <array>
#include <cstdint>
#include <set>

#include "case.h"

namespace pinwheel::conformance {
namespace {

constexpr std::array<const char*, 16> kNames{"continuation", "text", "binary", "op3",  "op4",  "op5",
                                             "op6",          "op7",  "close",  "ping", "pong", "opB",
                                             "opC",          "opD",  "opE",    "opF"};

class Reader {
  public:
    explicit Reader(const std::string& bytes) : bytes_(bytes) {}

    [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
    [[nodiscard]] bool has(std::uint64_t count) const { return count <= bytes_.size() - at_; }
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        while (size-- > 0) value = value << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
        return value;
    }
    std::string text(std::size_t size) {
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }

  private:
    const std::string& bytes_;
    std::size_t at_ = 0;
};

struct Frame {
    unsigned opcode = 0;
    bool partial = true;
    std::string faults{};
    std::string mask{};
    std::string payload{};
};

Frame read_frame(Reader& reader) {
    Frame frame;
    if (!reader.has(2)) return frame;
    const auto first = static_cast<unsigned>(reader.number(1));
    const auto second = static_cast<unsigned>(reader.number(1));
    frame.opcode = first & 0x0f;
    if ((first & 0x70) != 0) frame.faults += " RESERVED BIT";
    if ((first & 0x80) == 0) frame.faults += " FRAGMENT";
    std::uint64_t length = second & 0x7f;
    if (length >= 126) {
        const std::size_t size = length == 126 ? 2 : 8;
        if (!reader.has(size)) return frame;
        length = reader.number(size);
        if (length < (size == 2 ? 126U : 65536U)) frame.faults += " LENGTH NOT MINIMAL";
    }
    if (frame.opcode >= 8 && length > kMaxControlPayload) frame.faults += " CONTROL FRAME TOO LONG";
    if ((second & 0x80) == 0) {
        frame.faults += " UNMASKED";
    } else {
        if (!reader.has(4)) return frame;
        frame.mask = reader.text(4);
    }
    if (!reader.has(length)) return frame;
    frame.payload = reader.text(static_cast<std::size_t>(length));
    for (std::size_t i = 0; i < frame.payload.size() && !frame.mask.empty(); ++i)
        frame.payload[i] = static_cast<char>(frame.payload[i] ^ frame.mask[i % 4]);
    frame.partial = false;
    return frame;
}

std::string describe_payload(const Frame& frame) {
    if (frame.opcode != 8 || frame.payload.empty())
        return frame.payload.empty() ? "" : " " + shown(frame.payload);
    if (frame.payload.size() == 1) return " HALF A CODE";
    Reader reader(frame.payload);
    const auto code = reader.number(2);
    const std::string reason = frame.payload.substr(2);
    return " " + std::to_string(code) + (reason.empty() ? "" : " " + shown(reason));
}

}  // namespace

std::string describe_sent(const std::string& written) {
    std::string log;
    std::set<std::string> masks;
    bool closed = false;
    for (Reader reader(written); !reader.done();) {
        const Frame frame = read_frame(reader);
        log += log.empty() ? "" : "; ";
        if (frame.partial) return log + "PART OF A FRAME";
        log += kNames[frame.opcode] + describe_payload(frame) + frame.faults;
        if (!frame.mask.empty() && !masks.insert(frame.mask).second) log += " MASK USED TWICE";
        if (closed && frame.opcode != 10) log += " BEHIND A CLOSE FRAME";
        closed = closed || frame.opcode == 8;
    }
    return log;
}

}  // namespace pinwheel::conformance
