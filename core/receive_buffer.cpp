#include "receive_buffer.h"

#include <cstring>

namespace pinwheel {

void ReceiveBuffer::move_to_front() noexcept {
    std::memmove(pages_.data(), pages_.data() + head_, tail_ - head_);
    tail_ -= head_;
    head_ = 0;
}

void ReceiveBuffer::shrink() noexcept {
    room_ = smallest_;
    pages_.give_back_from(smallest_);
}

}  // namespace pinwheel
