#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace pinwheel {

/// Whole pages from the kernel, zeroed and not touched before use. Threading: any, one at a time.
/// Invariant: data() is null exactly when size() is 0. Allocates: by mmap at construction.
class MappedMemory {
  public:
    MappedMemory() noexcept = default;
    /// Throws std::bad_alloc.
    explicit MappedMemory(std::size_t size);
    ~MappedMemory();
    MappedMemory(MappedMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    MappedMemory& operator=(MappedMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    /// Returns the whole pages after the first `kept` bytes to the kernel. They read as zero when used again.
    void give_back_from(std::size_t kept) noexcept;

    [[nodiscard]] std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace pinwheel
