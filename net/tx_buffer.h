#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "byte_stream.h"

namespace pinwheel {

/// The backlog: bytes to send, in order, that the stream has not taken yet. Threading: one thread. Invariant:
/// a committed unit is sent completely or not at all, up to the end of the stream. Allocates: when the
/// backlog grows. Memory of a large backlog is freed once it is sent.
class TxBuffer {
  public:
    /// `limit`: the largest backlog, in bytes.
    explicit TxBuffer(std::size_t limit) noexcept : limit_(limit) {}

    /// Room for a unit of `size` bytes. Empty if that would exceed the limit, or if there is no memory.
    [[nodiscard]] std::span<std::byte> claim(std::size_t size) noexcept { return claim(size, limit_); }
    /// The same with a limit of at most limit().
    [[nodiscard]] std::span<std::byte> claim(std::size_t size, std::size_t limit) noexcept {
        if (size > limit || this->size() > limit - size) [[unlikely]]
            return {};
        if (bytes_.size() - tail_ < size && !make_room(size)) [[unlikely]]
            return {};
        return {bytes_.data() + tail_, size};
    }
    /// Ends the claim: the unit has `size` bytes, at most the claimed size.
    void commit(std::size_t size) noexcept { tail_ += size; }
    /// claim() and commit() in one call. False: refused, and nothing was taken.
    [[nodiscard]] bool append(std::span<const std::byte> unit) noexcept;

    /// Writes as much as the stream takes. would_block: a rest is left. ok: nothing is left.
    IoResult flush(ByteStream& stream) noexcept {
        while (head_ < tail_) {
            const IoResult wrote = stream.write_some({bytes_.data() + head_, tail_ - head_});
            if (wrote.status != IoStatus::ok) [[unlikely]]
                return wrote;
            head_ += wrote.bytes;
        }
        clear();
        if (bytes_.size() > kKept) [[unlikely]]
            shrink();
        return IoResult::done(0);
    }

    [[nodiscard]] std::size_t size() const noexcept { return tail_ - head_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    void clear() noexcept { head_ = tail_ = 0; }

  private:
    static constexpr std::size_t kKept = std::size_t{64} << 10;  // larger storage is freed when it is empty

    /// False: no memory.
    [[nodiscard]] bool make_room(std::size_t size) noexcept;
    void shrink() noexcept;

    const std::size_t limit_;
    std::vector<std::byte> bytes_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace pinwheel
