// A correct client written by hand for one case: it parses frame heads, checks text, and reads payloads in
// place. It lacks everything that does not occur here: fragments, pings, timeouts, reconnecting.
#include <array>
#include <cstring>
#include <stdexcept>

#include "../../proto/text/utf8.h"
#include "../../proto/websocket/frame_codec.h"
#include "contender.h"
#include "sockets.h"

namespace pinwheel::bench {
namespace {

template <class Stream>
class Own final : public Contender {
  public:
    Own(const Target& target, Receiver& receiver) : receiver_(receiver), stream_(target) {
        upgrade(stream_, target.path);
        stream_.stop_blocking();
    }

    void send(const void* payload, std::size_t size) override {
        std::array<std::byte, 1024> frame;
        if (frame_size(size) > frame.size()) throw std::length_error("it sends small messages");
        const std::size_t length =
            encode_frame(Opcode::binary, {static_cast<const std::byte*>(payload), size}, 0x5a5a5a5a, frame);
        stream_.write(frame.data(), length);
    }

    void poll() override {
        if constexpr (requires(std::span<const std::byte> bytes) { stream_.view({}, bytes); }) {
            std::span<const std::byte> bytes;
            if (stream_.view(std::span(buffer_).subspan(held_), bytes) == 0) return;
            if (held_ == 0) bytes = bytes.subspan(take_frames(bytes));
            if (bytes.empty()) return;
            // A frame over several records is assembled only here.
            std::memcpy(buffer_.data() + held_, bytes.data(), bytes.size());
            held_ += bytes.size();
        } else {
            held_ += stream_.read(buffer_.data() + held_, buffer_.size() - held_);
        }
        const std::size_t used = take_frames(std::span(buffer_).first(held_));
        held_ -= used;
        if (held_ > 0 && used > 0) std::memmove(buffer_.data(), buffer_.data() + used, held_);
    }

  private:
    /// The bytes of all complete frames at the front.
    std::size_t take_frames(std::span<const std::byte> bytes) {
        std::size_t used = 0;
        while (bytes.size() - used >= 2) {
            const auto* const frame = reinterpret_cast<const unsigned char*>(bytes.data() + used);
            const std::size_t there = bytes.size() - used;
            const unsigned opcode = frame[0] & 0x0fU;
            if ((frame[0] & 0xf0U) != 0x80U || (opcode != 1 && opcode != 2) || (frame[1] & 0x80U) != 0)
                throw std::runtime_error("a frame that it cannot read");
            std::size_t head = 2;
            std::size_t size = frame[1];
            if (size >= 126) {
                head = size == 126 ? 4 : 10;
                if (there < head) break;
                size = 0;
                for (std::size_t i = 2; i < head; ++i) size = size << 8 | frame[i];
            }
            if (size > there - head || there < head) break;
            const auto payload = bytes.subspan(used + head, size);
            if (opcode == 1 && !is_ascii(payload) && !is_utf8(payload))
                throw std::runtime_error("a text that is not UTF-8");
            receiver_.take(payload.data(), payload.size());
            used += head + size;
        }
        return used;
    }

    Receiver& receiver_;
    std::size_t held_ = 0;  // bytes of an incomplete frame
    Stream stream_;
    alignas(64) std::array<std::byte, std::size_t{128} << 10> buffer_;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    if (target.tls) return std::make_unique<Own<TlsSocket>>(target, receiver);
    return std::make_unique<Own<Socket>>(target, receiver);
}
std::unique_ptr<Contender> make_in_place(const Target& target, Receiver& receiver) {
    return std::make_unique<Own<InPlaceSocket>>(target, receiver);
}

const ContenderRegistration own({"own", &make, ContenderKind::kFirstOwn});
const ContenderRegistration own_in_place({"own, in place", &make_in_place, ContenderKind::kFirstOwn, true});

}  // namespace
}  // namespace pinwheel::bench
