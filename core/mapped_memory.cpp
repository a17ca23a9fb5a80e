#include "mapped_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace pinwheel {

MappedMemory::MappedMemory(std::size_t size) : size_(size) {
    void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(mapped);
}

void MappedMemory::give_back_from(std::size_t kept) noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t first = (kept + page - 1) / page * page;
    // The kernel refuses this for locked pages, which then stay.
    if (first < size_) ::madvise(data_ + first, size_ - first, MADV_DONTNEED);
}

MappedMemory::~MappedMemory() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace pinwheel
