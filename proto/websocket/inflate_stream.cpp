#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "inflate_stream_impl.h"

namespace pinwheel::detail {
namespace {

constexpr std::size_t kWindow = std::size_t{32} << 10;
constexpr int kWindowBits = 15;
/// zlib needs 40 KiB: 7 KiB of state and the window.
constexpr std::size_t kMemory = std::size_t{64} << 10;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMostAtOnce = std::numeric_limits<uInt>::max();

}  // namespace

struct InflateStream::State {
    static voidpf take(voidpf opaque, uInt items, uInt size) {
        auto& self = *static_cast<State*>(opaque);
        const std::size_t begin = (self.used + kAlignment - 1) / kAlignment * kAlignment;
        const std::size_t bytes = std::size_t{items} * size;
        if (begin > kMemory || bytes > kMemory - begin) return Z_NULL;
        self.used = begin + bytes;
        return self.memory.data() + begin;
    }
    static void give_back(voidpf, voidpf) {}

    z_stream zlib{};
    std::size_t used = 0;
    std::array<Bytef, kWindow> window;
    alignas(kAlignment) std::array<std::byte, kMemory> memory;
};

InflateStream::InflateStream(Format format) : state_(std::make_unique_for_overwrite<State>()) {
    constexpr int kGzip = 16;
    z_stream& zlib = state_->zlib;
    zlib.zalloc = &State::take;
    zlib.zfree = &State::give_back;
    zlib.opaque = state_.get();
    if (inflateInit2(&zlib, format == Format::gzip ? kWindowBits + kGzip : -kWindowBits) != Z_OK)
        throw std::bad_alloc();
}

InflateStream::~InflateStream() = default;

InflateStream::Progress InflateStream::inflate(std::span<const std::byte> input,
                                               std::span<std::byte> room) noexcept {
    z_stream& zlib = state_->zlib;
    Progress done;
    while (true) {
        const auto in = input.subspan(done.consumed, std::min(input.size() - done.consumed, kMostAtOnce));
        const auto out = room.subspan(done.produced, std::min(room.size() - done.produced, kMostAtOnce));
        // zlib does not write through it; its type is older than const.
        zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
        zlib.avail_in = static_cast<uInt>(in.size());
        zlib.next_out = reinterpret_cast<Bytef*>(out.data());
        zlib.avail_out = static_cast<uInt>(out.size());
        const int result = ::inflate(&zlib, Z_SYNC_FLUSH);
        done.consumed += in.size() - zlib.avail_in;
        done.produced += out.size() - zlib.avail_out;
        if (result == Z_STREAM_END) {
            done.status = Status::ended;
            return done;
        }
        if (result != Z_OK && result != Z_BUF_ERROR) {
            done.status = Status::broken;
            return done;
        }
        if (done.produced == room.size()) {
            done.status = Status::room_used;
            return done;
        }
        if (done.consumed == input.size()) return done;
    }
}

void InflateStream::reset() noexcept {
    inflateReset(&state_->zlib);
}

void InflateStream::go_on() noexcept {
    uInt size = 0;
    inflateGetDictionary(&state_->zlib, state_->window.data(), &size);
    reset();
    inflateSetDictionary(&state_->zlib, state_->window.data(), size);
}

bool InflateStream::is_at_block_border() const noexcept {
    constexpr int kBlockBorder = 128;
    constexpr int kLeftBits = 7;
    return (state_->zlib.data_type & kBlockBorder) != 0 && (state_->zlib.data_type & kLeftBits) == 0;
}

}  // namespace pinwheel::detail
