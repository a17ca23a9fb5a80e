#include "scan_path.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "json_bytes_impl.h"

namespace pinwheel {
namespace {

/// Reads up to 16 bytes behind both.
bool is_same(const char* a, const char* b, std::size_t size) noexcept {
#ifdef __SSE2__
    const auto equal = [](const char* left, const char* right) {
        return static_cast<unsigned>(
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(left)),
                                             _mm_loadu_si128(reinterpret_cast<const __m128i*>(right)))));
    };
    for (; size >= 16; a += 16, b += 16, size -= 16)
        if (equal(a, b) != 0xffff) return false;
    return (~equal(a, b) & ((1U << size) - 1)) == 0;
#else
    return std::memcmp(a, b, size) == 0;
#endif
}

}  // namespace

void ScanPath::begin() noexcept {
    size_ = bytes_size_ = 0;
    ends_text_ = is_lost_ = is_whole_ = false;
}

bool ScanPath::append(std::string_view bytes) noexcept {
    if (is_lost_ || bytes.size() > kMaxBytes - bytes_size_) return false;
    std::copy(bytes.begin(), bytes.end(), bytes_.data() + bytes_size_);
    bytes_size_ += bytes.size();
    return true;
}

void ScanPath::add(std::string_view between, std::int16_t field, Way way) noexcept {
    if (size_ == kMaxSteps || !append(between)) return give_up();
    steps_[size_++] = {static_cast<std::uint16_t>(between.size()), field, way};
}

void ScanPath::finish_text(std::string_view rest) noexcept {
    ends_text_ = append(rest);
    rest_ = static_cast<std::uint16_t>(rest.size());
    is_whole_ = ends_text_;
}

const char* ScanPath::follow(const char* at, const char* end, FieldValues& values) const noexcept {
    if (!is_whole_) return nullptr;
    const char* between = bytes_.data();
    for (const Step *step = steps_.data(), *last = step + size_; step != last; ++step) {
        const std::size_t before = step->size;
        if (static_cast<std::size_t>(end - at) <= before || !is_same(at, between, before)) return nullptr;
        at += before;
        between += before;
        const char* const begin = at;
        if (step->way == Way::text) {
            bool escaped = false;
            at = detail::string_end(at, end, escaped);
            if (at == nullptr) return nullptr;
            const auto size = static_cast<std::size_t>(at - begin) - 1;
            if (step->field >= 0)
                values.set(static_cast<std::size_t>(step->field), {JsonType::string, {begin, size}, escaped});
            continue;
        }
        const JsonType type = detail::type_of(*at);
        const bool is_container = type == JsonType::object || type == JsonType::array;
        if (type == JsonType::string) return nullptr;
        if (step->way != Way::any && is_container != (step->way == Way::entered)) return nullptr;
        if (step->way != Way::entered) at = detail::skip_value(at, end);
        if (at == nullptr) return nullptr;
        const auto size = std::max<std::size_t>(1, static_cast<std::size_t>(at - begin));
        if (step->field >= 0) values.set(static_cast<std::size_t>(step->field), {type, {begin, size}, false});
    }
    if (!ends_text_) return at;
    return end - at == rest_ && is_same(at, between, rest_) ? end : nullptr;
}

}  // namespace pinwheel
