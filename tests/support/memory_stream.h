#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "../../net/byte_stream.h"

namespace pinwheel::test {

/// One direction between two streams in memory.
struct MemoryWay {
    static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

    std::string bytes;                       // in transit
    std::size_t room = kUnlimited;           // the most bytes in transit; above it writing would block
    std::size_t bytes_a_read = kUnlimited;   // at most; above 0
    std::size_t bytes_a_write = kUnlimited;  // at most; above 0
    bool shut = false;                       // no more bytes follow
    int reads = 0;
    int writes = 0;
};

/// An end of a two-way stream in memory. The test holds the other end, or both directions. It has no
/// descriptor: a reactor calls it at every turn.
class MemoryStream final : public ByteStream {
  public:
    using Way = std::shared_ptr<MemoryWay>;

    MemoryStream(Way in, Way out) : in_(std::move(in)), out_(std::move(out)) {}
    ~MemoryStream() override { out_->shut = true; }
    MemoryStream(const MemoryStream&) = delete;
    MemoryStream& operator=(const MemoryStream&) = delete;

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        ++in_->reads;
        const std::size_t count = std::min({out.size(), in_->bytes.size(), in_->bytes_a_read});
        if (count == 0) return in_->shut ? IoResult::end() : IoResult::again();
        std::memcpy(out.data(), in_->bytes.data(), count);
        in_->bytes.erase(0, count);
        return IoResult::done(count);
    }
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override {
        ++out_->writes;
        if (out_->shut) return IoResult::failed(Errc::connection_reset);
        const std::size_t room = out_->room - std::min(out_->room, out_->bytes.size());
        const std::size_t count = std::min({in.size(), out_->bytes_a_write, room});
        if (count == 0) return IoResult::again();
        out_->bytes.append(reinterpret_cast<const char*>(in.data()), count);
        return IoResult::done(count);
    }
    void shutdown_write() noexcept override { out_->shut = true; }
    void abort() noexcept override { out_->shut = true; }
    [[nodiscard]] int fd() const noexcept override { return -1; }

  private:
    Way in_;
    Way out_;
};

}  // namespace pinwheel::test
