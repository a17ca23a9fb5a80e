#include "payload_inflater.h"

#include <cstring>

#include "../../core/record.h"
#include "../websocket/inflate_stream_impl.h"

namespace pinwheel {
namespace {

using detail::BinaryPayload;
using detail::InflateStream;

std::unique_ptr<InflateStream> stream_for(BinaryPayload format) {
    if (format == BinaryPayload::plain) return nullptr;
    return std::make_unique<InflateStream>(format == BinaryPayload::gzip ? InflateStream::Format::gzip
                                                                         : InflateStream::Format::deflate);
}

}  // namespace

PayloadInflater::PayloadInflater(BinaryPayload format, std::size_t max_bytes)
    : stream_(stream_for(format)), max_bytes_(max_bytes), buffer_(new char[max_bytes_ + kPayloadPadding]) {}

PayloadInflater::~PayloadInflater() = default;

Result<std::string_view> PayloadInflater::inflate(std::span<const std::byte> payload) {
    const auto too_large = [this] {
        return Error{Errc::message_too_large,
                     "a binary message inflates to more than " + std::to_string(max_bytes_) + " bytes"};
    };
    if (stream_ == nullptr) {
        if (payload.size() > max_bytes_) return too_large();
        if (!payload.empty()) std::memcpy(buffer_.get(), payload.data(), payload.size());
        return std::string_view(buffer_.get(), payload.size());
    }
    stream_->reset();
    const auto progress =
        stream_->inflate(payload, std::as_writable_bytes(std::span(buffer_.get(), max_bytes_)));
    if (progress.status == InflateStream::Status::ended && progress.consumed == payload.size())
        return std::string_view(buffer_.get(), progress.produced);
    if (progress.status == InflateStream::Status::room_used) return too_large();
    return Error{Errc::bad_frame, "a binary message is not in the compression of the venue's profile"};
}

}  // namespace pinwheel
