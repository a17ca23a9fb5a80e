#include "arbiter_parts.h"

#include <algorithm>
#include <cstring>

#include "../../core/record.h"

namespace pinwheel::detail {

HoldBuffer::HoldBuffer(std::size_t messages, std::size_t bytes) : held_(messages), bytes_(bytes) {}

std::uint32_t HoldBuffer::put(const FeedMessage& message, const ArbiterEntry& entry, TimePoint now) noexcept {
    const std::size_t need = message.payload.size() + kPayloadPadding;
    if (used() == held_.size() || need > bytes_.size()) return kNone;
    std::uint64_t at = bytes_end_;
    const std::size_t place = static_cast<std::size_t>(at % bytes_.size());
    if (place + need > bytes_.size()) at += bytes_.size() - place;
    if (at + need - bytes_begin_ > bytes_.size()) return kNone;
    auto* const copy = bytes_.data() + at % bytes_.size();
    if (!message.payload.empty()) std::memcpy(copy, message.payload.data(), message.payload.size());
    const auto index = static_cast<std::uint32_t>(end_++ % held_.size());
    Held& held = held_[index];
    held = {.message = message,
            .entry = entry,
            .since = now,
            .next = kNone,
            .is_free = false,
            .begin = bytes_end_};
    held.message.payload = {copy, message.payload.size()};
    bytes_end_ = at + need;
    return index;
}

void HoldBuffer::free(std::uint32_t index) noexcept {
    held_[index].is_free = true;
    while (begin_ != end_ && held_[begin_ % held_.size()].is_free) ++begin_;
    bytes_begin_ = begin_ == end_ ? bytes_end_ : held_[begin_ % held_.size()].begin;
}

bool ContentRing::is_shown(std::uint64_t hash, std::size_t leg, TimePoint now) noexcept {
    const auto bit = static_cast<std::uint8_t>(1U << leg);
    const std::uint64_t oldest = used_ > ring_.size() ? used_ - ring_.size() : 0;
    const auto matches = [&](std::uint64_t at) {
        Shown& shown = ring_[at % ring_.size()];
        if (shown.hash != hash || (shown.legs & bit) != 0 || now - shown.at > within_) return false;
        shown.legs = static_cast<std::uint8_t>(shown.legs | bit);
        next_[leg] = at + 1;
        return true;
    };
    // Legs show the same contents in the same order, so the place after the last match is the most likely
    // one.
    if (next_[leg] < oldest || next_[leg] > used_) next_[leg] = oldest;
    for (std::uint64_t at = next_[leg]; at < used_; ++at)
        if (matches(at)) return true;
    for (std::uint64_t at = oldest; at < next_[leg]; ++at)
        if (matches(at)) return true;
    return false;
}

bool ContentRing::was_shown(std::uint64_t hash, std::size_t leg, TimePoint now) noexcept {
    if (is_shown(hash, leg, now)) return true;
    const auto bit = static_cast<std::uint8_t>(1U << leg);
    ring_[used_ % ring_.size()] = {.hash = hash, .at = now, .legs = bit};
    next_[leg] = ++used_;
    return false;
}

bool ContentRing::knows(std::uint64_t hash) const noexcept {
    const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(used_, ring_.size()));
    return std::any_of(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(used),
                       [&](const Shown& shown) { return shown.hash == hash; });
}

void ContentRing::forget_leg(std::size_t leg) noexcept {
    const auto others = static_cast<std::uint8_t>(~(1U << leg));
    for (auto& shown : ring_) shown.legs = static_cast<std::uint8_t>(shown.legs & others);
    next_[leg] = 0;
}

void NumberBitmap::begin(std::int64_t first, std::int64_t last) noexcept {
    seen_.reset();
    floor_ = first;
    set(first, last);
}

void NumberBitmap::advance(std::int64_t mark, std::int64_t first, std::int64_t last) noexcept {
    const std::uint64_t count = distance(mark, last);
    if (count >= kReach)
        seen_.reset();
    else
        for (std::uint64_t back = 0; back < count; ++back) seen_.reset(place(last, back));
    set(first, last);
}

void NumberBitmap::set(std::int64_t first, std::int64_t last) noexcept {
    const std::uint64_t count = std::min<std::uint64_t>(distance(first, last), kReach - 1);
    for (std::uint64_t back = 0; back <= count; ++back) seen_.set(place(last, back));
}

bool NumberBitmap::was_passed_over(std::int64_t mark, std::int64_t number) const noexcept {
    return number >= floor_ && distance(number, mark) < kReach && !seen_[place(number)];
}

std::uint64_t content_hash(std::span<const std::byte> content) noexcept {
    constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15;
    constexpr std::uint64_t kOther = 0xc2b2ae3d27d4eb4f;
    // Two lanes, so that the multiplications do not wait for each other.
    std::uint64_t a = content.size() * kPrime;
    std::uint64_t b = ~a;
    const auto* at = content.data();
    std::size_t left = content.size();
    const auto word = [](const std::byte* from) {
        std::uint64_t value = 0;
        std::memcpy(&value, from, sizeof value);
        return value;
    };
    const auto mix = [](std::uint64_t sum, std::uint64_t value, std::uint64_t prime) {
        sum = (sum ^ value) * prime;
        return sum ^ (sum >> 29);
    };
    for (; left >= 16; at += 16, left -= 16) {
        a = mix(a, word(at), kPrime);
        b = mix(b, word(at + 8), kOther);
    }
    if (left >= 8) {
        a = mix(a, word(at), kPrime);
        at += 8;
        left -= 8;
    }
    std::uint64_t rest = 0;
    if (left != 0) std::memcpy(&rest, at, left);
    return mix(mix(b, rest, kOther), a, kPrime);
}

}  // namespace pinwheel::detail
