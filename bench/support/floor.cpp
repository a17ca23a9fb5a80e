// The cost of the system itself: a bare loop over recv() or SSL_read() that reads no content, and a spinning
// round trip.
#include <array>
#include <cstring>
#include <stdexcept>

#include "../../proto/websocket/frame_codec.h"
#include "contender.h"
#include "sockets.h"

namespace pinwheel::bench {
namespace {

template <class Stream>
class Floor final : public Contender {
  public:
    Floor(const Target& target, Receiver& receiver)
        : receiver_(receiver), payload_(target.payload_size), stream_(target) {
        frame_ = payload_ + (payload_ < 126 ? 2 : payload_ < 65536 ? 4 : 10);
        upgrade(stream_, target.path);
        stream_.stop_blocking();
    }

    void send(const void* payload, std::size_t size) override {
        std::array<std::byte, 1024> frame;
        if (frame_size(size) > frame.size()) throw std::length_error("the floor sends small messages");
        const std::size_t length =
            encode_frame(Opcode::binary, {static_cast<const std::byte*>(payload), size}, 0x5a5a5a5a, frame);
        stream_.write(frame.data(), length);
    }

    void poll() override {
        held_ += stream_.read(buffer_.data() + held_, buffer_.size() - held_);
        if (held_ < frame_) return;
        const std::size_t frames = held_ / frame_;
        if (receiver_.keeps_latencies())
            for (std::size_t i = 0; i < frames; ++i)
                receiver_.take(buffer_.data() + (i + 1) * frame_ - payload_, payload_);
        else
            receiver_.take_unseen(frames, payload_);
        // Counts the bytes of a partial frame. Only the stamps need the place of its end.
        held_ -= frames * frame_;
        if (held_ > 0 && receiver_.keeps_latencies())
            std::memmove(buffer_.data(), buffer_.data() + frames * frame_, held_);
    }

  private:
    Receiver& receiver_;
    const std::size_t payload_;
    std::size_t frame_ = 0;
    std::size_t held_ = 0;  // bytes of an incomplete frame
    Stream stream_;
    std::array<std::byte, std::size_t{64} << 10> buffer_;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    if (target.tls) return std::make_unique<Floor<TlsSocket>>(target, receiver);
    return std::make_unique<Floor<Socket>>(target, receiver);
}

const ContenderRegistration registration({"floor", &make, 0});

}  // namespace
}  // namespace pinwheel::bench
