#include "payload_inflater.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "../../core/record.h"

namespace pinwheel {

struct PayloadInflater::Stream {
    z_stream zlib{};
    bool is_plain = false;
};

PayloadInflater::PayloadInflater(detail::BinaryPayload format, std::size_t max_bytes)
    : stream_(std::make_unique<Stream>()),
      max_bytes_(std::min<std::size_t>(max_bytes, std::numeric_limits<uInt>::max())),
      buffer_(new char[max_bytes_ + kPayloadPadding]) {
    constexpr int kLargestWindow = 15;
    constexpr int kGzip = 16;
    stream_->is_plain = format == detail::BinaryPayload::plain;
    const int window = format == detail::BinaryPayload::gzip ? kLargestWindow + kGzip : -kLargestWindow;
    if (inflateInit2(&stream_->zlib, window) != Z_OK) throw std::bad_alloc();
}

PayloadInflater::~PayloadInflater() {
    inflateEnd(&stream_->zlib);
}

Result<std::string_view> PayloadInflater::inflate(std::span<const std::byte> payload) {
    z_stream& zlib = stream_->zlib;
    const auto too_large = [this] {
        return Error{Errc::message_too_large,
                     "a binary message inflates to more than " + std::to_string(max_bytes_) + " bytes"};
    };
    if (payload.size() > std::numeric_limits<uInt>::max()) return too_large();
    if (stream_->is_plain) {
        if (payload.size() > max_bytes_) return too_large();
        if (!payload.empty()) std::memcpy(buffer_.get(), payload.data(), payload.size());
        return std::string_view(buffer_.get(), payload.size());
    }
    if (inflateReset(&zlib) != Z_OK) return Error{Errc::out_of_memory, "zlib cannot be reset"};
    // zlib does not write through it, but its type is not const.
    zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(payload.data()));
    zlib.avail_in = static_cast<uInt>(payload.size());
    zlib.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    zlib.avail_out = static_cast<uInt>(max_bytes_);
    const int result = ::inflate(&zlib, Z_FINISH);
    const std::size_t size = max_bytes_ - zlib.avail_out;
    if (result == Z_STREAM_END && zlib.avail_in == 0) return std::string_view(buffer_.get(), size);
    if (result == Z_BUF_ERROR && zlib.avail_out == 0) return too_large();
    return Error{Errc::bad_frame, "a binary message is not in the compression of the venue's profile"};
}

}  // namespace pinwheel
