#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/function_ref.h"
#include "../../core/result.h"
#include "scan_path.h"

namespace pinwheel {

/// Finds the values at a few JSON pointers (RFC 6901) in one forward pass over the text, in any order of the
/// keys. Skips containers without any of them, and skips the rest once all needed values are found. Instead
/// of an array's index a pointer may have `{last}`, the last element. Skipped text is not validated.
/// Threading: scan() any thread, each with its own values. Allocates: in add(), and for a key with escapes.
class FieldScanner {
  public:
    FieldScanner();

    /// The field of a pointer, new or existing. The error has the fault of the pointer.
    [[nodiscard]] Result<std::size_t> add(std::string_view pointer);

    /// Scans `text`, behind which 64 bytes are readable. Whenever all of `needed` are found, `narrow` returns
    /// the fields needed further; 0 ends the pass. False if the scanned part is not JSON.
    bool scan(std::string_view text, FieldMask needed, FunctionRef<FieldMask(const FieldValues&)> narrow,
              FieldValues& values) const {
        ScanTrace none;
        return scan(text, needed, narrow, values, none);
    }
    /// The same, and records its way in the trace. `narrow` may change the trace's path.
    bool scan(std::string_view text, FieldMask needed, FunctionRef<FieldMask(const FieldValues&)> narrow,
              FieldValues& values, ScanTrace& trace) const;

    [[nodiscard]] std::size_t size() const noexcept { return pointers_.size(); }
    [[nodiscard]] const std::string& pointer(std::size_t field) const noexcept { return pointers_[field]; }

  private:
    friend class FieldScan;
    static constexpr std::int16_t kNone = -1;
    struct Child {
        std::string key;        // unescaped; for an array the decimal index
        std::size_t index = 0;  // of an array element
        bool is_index = false;
        bool is_last = false;
        std::int16_t node = kNone;
        // The key in its usual spelling, compared before the end of a key is searched.
        std::uint64_t first_bytes = 0;  // at most 8
        std::uint64_t mask = 0;         // 0: no such comparison
        /// Reads up to kMostCompared bytes from `text` on, the place of the key.
        [[nodiscard]] bool is_at(const char* text) const noexcept {
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, text, sizeof bytes);
            return mask != 0 && (bytes & mask) == first_bytes && text[key.size()] == '"' &&
                   (key.size() <= 8 || std::memcmp(text + 8, key.data() + 8, key.size() - 8) == 0);
        }
        /// Reads at least 8 bytes from `name` on.
        [[nodiscard]] bool is(std::string_view name) const noexcept {
            if (name.size() != key.size()) return false;
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, name.data(), sizeof bytes);
            if (mask != 0 && key.size() <= sizeof bytes) return (bytes & mask) == first_bytes;
            return std::memcmp(name.data(), key.data(), key.size()) == 0;
        }
    };
    static constexpr std::size_t kMostCompared = 48;
    struct Node {
        std::int16_t field = kNone;
        FieldMask below = 0;  // fields of this node and of all nodes below
        std::vector<Child> children;
        bool has_last = false;
    };

    std::int16_t add_child(std::int16_t parent, std::string_view token);

    std::vector<std::string> pointers_;
    std::vector<Node> nodes_;
};

}  // namespace pinwheel
