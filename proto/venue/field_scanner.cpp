#include "field_scanner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "json_bytes_impl.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMaxDepth = 16;

bool is_space(char byte) noexcept {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/// The type of a value, by its first byte.
constexpr std::array<JsonType, 256> kTypes = [] {
    std::array<JsonType, 256> types{};
    types['{'] = JsonType::object;
    types['['] = JsonType::array;
    types['"'] = JsonType::string;
    types['t'] = types['f'] = JsonType::boolean;
    types['n'] = JsonType::null;
    types['-'] = JsonType::number;
    for (char digit = '0'; digit <= '9'; ++digit) types[static_cast<unsigned char>(digit)] = JsonType::number;
    return types;
}();

/// RFC 6901 section 4: `~1` is a slash and `~0` a tilde. False for another tilde.
bool unescape_token(std::string_view token, std::string& out) {
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            out += token[i];
            continue;
        }
        if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return false;
        out += token[i] == '0' ? '~' : '/';
    }
    return true;
}

}  // namespace

/// One pass over the text. Each reader returns the place where it stopped, or nullptr if the text is not JSON
/// or all fields are found.
class FieldScan {
  public:
    FieldScan(const FieldScanner& scanner, std::string_view text, FieldMask needed,
              FunctionRef<FieldMask(const FieldValues&)> narrow, FieldValues& values) noexcept
        : nodes_(scanner.nodes_),
          end_(text.data() + text.size()),
          needed_(needed),
          narrow_(narrow),
          values_(values) {}

    [[nodiscard]] bool run(std::string_view text) {
        const char* at = skip_space(text.data());
        if (at == end_) return false;
        at = value(at, 0);
        if (done_) return true;
        return at != nullptr && skip_space(at) == end_;
    }

  private:
    using Node = FieldScanner::Node;

    const char* value(const char* at, std::int16_t index) {
        const Node& node = nodes_[static_cast<std::size_t>(index)];
        const JsonType type = type_of(*at);
        if ((node.below & wanted_) == 0) return skip(at, type);
        const bool is_container = type == JsonType::object || type == JsonType::array;
        return is_container ? container(at, node, type) : leaf(at, node, type);
    }

    const char* leaf(const char* at, const Node& node, JsonType type) {
        if (type == JsonType::absent) return nullptr;
        const bool is_string = type == JsonType::string;
        const char* const begin = is_string ? at + 1 : at;
        bool escaped = false;
        at = is_string ? string_end(begin, escaped) : detail::find_end<true>(at, end_);
        if (at == nullptr || node.field < 0) return at;
        const auto size = static_cast<std::size_t>(at - begin) - (is_string ? 1 : 0);
        return fill(node.field, type, begin, size, escaped) ? at : nullptr;
    }

    const char* container(const char* at, const Node& node, JsonType type) {
        const char* const begin = at;
        // A field exists from here on, before its end is known.
        if (node.field >= 0 && !fill(node.field, type, begin, 1)) return nullptr;
        if (node.children.empty())
            at = skip_container(at);
        else
            at = type == JsonType::object ? object(at + 1, node) : array(at + 1, node);
        if (at != nullptr && node.field >= 0)
            values_.values_[static_cast<std::size_t>(node.field)].text = {
                begin, static_cast<std::size_t>(at - begin)};
        return at;
    }

    const char* object(const char* at, const Node& node) {
        at = skip_space(at);
        if (at < end_ && *at == '}') return at + 1;
        std::size_t likely = 0;
        while (true) {
            if (at >= end_ || *at != '"') return nullptr;
            std::int16_t child = FieldScanner::kNone;
            if (const auto& expected = node.children[likely]; expected.is_at(at + 1)) {
                at += expected.key.size() + 2;
                child = expected.node;
                likely = likely + 1 < node.children.size() ? likely + 1 : 0;
            } else {
                at = key(at + 1, node, likely, child);
                if (at == nullptr) return nullptr;
            }
            at = skip_space(at);
            if (at >= end_ || *at != ':') return nullptr;
            at = skip_space(at + 1);
            if (at >= end_) return nullptr;
            at = child >= 0 ? value(at, child) : skip(at, type_of(*at));
            if (at == nullptr) return nullptr;
            at = skip_space(at);
            if (at >= end_) return nullptr;
            if (*at == '}') return at + 1;
            if (*at != ',') return nullptr;
            at = skip_space(at + 1);
        }
    }

    /// Reads any key. Returns the place behind its closing quote.
    const char* key(const char* begin, const Node& node, std::size_t& likely, std::int16_t& child) const {
        bool escaped = false;
        const char* const at = string_end(begin, escaped);
        if (at == nullptr) return nullptr;
        std::string_view name(begin, static_cast<std::size_t>(at - 1 - begin));
        if (!escaped) {
            child = find(node, name, likely);
            return at;
        }
        std::string unescaped;
        if (unescape_json(name, unescaped)) name = unescaped;
        child = find(node, name, likely);
        return at;
    }

    const char* array(const char* at, const Node& node) {
        at = skip_space(at);
        if (at < end_ && *at == ']') return at + 1;
        for (std::size_t i = 0;; ++i) {
            if (at >= end_) return nullptr;
            const char* const begin = at;
            const char* after = nullptr;
            for (const auto& child : node.children) {
                if (child.is_last)
                    forget(nodes_[static_cast<std::size_t>(child.node)].below);
                else if (!child.is_index || child.index != i)
                    continue;
                after = value(begin, child.node);
                if (after == nullptr) return nullptr;
            }
            at = after != nullptr ? after : skip(begin, type_of(*begin));
            if (at == nullptr) return nullptr;
            at = skip_space(at);
            if (at >= end_) return nullptr;
            if (*at == ']') return finish_array(at + 1, node);
            if (*at != ',') return nullptr;
            at = skip_space(at + 1);
        }
    }

    /// The last element is known only here.
    const char* finish_array(const char* at, const Node& node) {
        if (!node.has_last) return at;
        for (const auto& child : node.children)
            if (child.is_last) open_ &= ~nodes_[static_cast<std::size_t>(child.node)].below;
        return enough() ? nullptr : at;
    }

    void forget(FieldMask fields) noexcept {
        open_ |= fields;
        values_.found_ &= ~fields;
        for (; fields != 0; fields &= fields - 1)
            values_.values_[static_cast<std::size_t>(std::countr_zero(fields))] = {};
    }

    /// Of equal keys the first counts. False if all fields are found.
    bool fill(std::int16_t field, JsonType type, const char* begin, std::size_t size, bool escaped = false) {
        const FieldMask bit = FieldMask{1} << field;
        if ((values_.found_ & bit) != 0) return true;
        values_.values_[static_cast<std::size_t>(field)] = {type, {begin, size}, escaped};
        values_.found_ |= bit;
        return !enough();
    }
    bool enough() {
        while ((values_.found_ & ~open_ & needed_) == needed_) {
            const FieldMask next = narrow_(values_);
            if (next == needed_ || next == 0) return done_ = next == 0;
            needed_ = wanted_ = next;
        }
        return false;
    }

    static std::int16_t find(const Node& node, std::string_view name, std::size_t& likely) noexcept {
        const std::size_t count = node.children.size();
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = likely + i < count ? likely + i : likely + i - count;
            const auto& child = node.children[at];
            if (child.key.size() != name.size() ||
                std::memcmp(child.key.data(), name.data(), name.size()) != 0)
                continue;
            likely = at + 1 < count ? at + 1 : 0;
            return child.node;
        }
        return FieldScanner::kNone;
    }

    [[nodiscard]] static JsonType type_of(char first) noexcept {
        return kTypes[static_cast<unsigned char>(first)];
    }

    [[nodiscard]] const char* skip_space(const char* at) const noexcept {
        while (at < end_ && static_cast<unsigned char>(*at) <= ' ' && is_space(*at)) ++at;
        return at;
    }

    /// The place behind the closing quote.
    [[nodiscard]] const char* string_end(const char* at, bool& escaped) const noexcept {
        while (true) {
            at = detail::find_end<false>(at, end_);
            if (at == end_) return nullptr;
            if (*at == '"') return at + 1;
            escaped = true;
            at += 2;
            if (at >= end_) return nullptr;
        }
    }

    [[nodiscard]] const char* skip(const char* at, JsonType type) const noexcept {
        bool escaped = false;
        switch (type) {
            case JsonType::absent:
                return nullptr;
            case JsonType::string:
                return string_end(at + 1, escaped);
            case JsonType::array:
            case JsonType::object:
                return skip_container(at);
            case JsonType::null:
            case JsonType::boolean:
            case JsonType::number:
                return detail::find_end<true>(at, end_);
        }
        return nullptr;  // not reached: the switch is complete
    }

    /// The place behind the bracket that closes the one at `at`. Reads up to 63 bytes behind the text.
    [[nodiscard]] const char* skip_container(const char* at) const noexcept {
        if (at + 1 < end_ && (at[1] == ']' || at[1] == '}')) return at + 2;
        std::size_t depth = 0;
#ifdef __SSE2__
        std::uint64_t in_string = 0;  // all bits set: the block begins inside a string
        for (; at < end_; at += 64) {
            const detail::Marks marks(at);
            if (marks.backslashes != 0) break;
            const std::uint64_t strings = detail::parity_up_to(marks.quotes) ^ in_string;
            in_string = std::uint64_t{0} - (strings >> 63);
            for (std::uint64_t brackets = (marks.opens | marks.closes) & ~strings; brackets != 0;
                 brackets &= brackets - 1) {
                const std::uint64_t bracket = brackets & (0 - brackets);
                if ((marks.opens & bracket) != 0) {
                    ++depth;
                } else if (--depth == 0) {
                    at += std::countr_zero(bracket) + 1;
                    return at <= end_ ? at : nullptr;
                }
            }
        }
        if (in_string != 0 && at < end_) {
            bool escaped = false;
            at = string_end(at, escaped);
            if (at == nullptr) return nullptr;
        }
#endif
        return skip_slowly(at, depth);
    }
    [[nodiscard]] const char* skip_slowly(const char* at, std::size_t depth) const noexcept {
        bool escaped = false;
        while (at < end_) {
            const char byte = *at++;
            if (byte == '"') {
                at = string_end(at, escaped);
                if (at == nullptr) return nullptr;
            } else if (byte == '{' || byte == '[') {
                ++depth;
            } else if (byte == '}' || byte == ']') {
                if (--depth == 0) return at;
            }
        }
        return nullptr;
    }

    const std::vector<Node>& nodes_;
    const char* end_;
    FieldMask needed_;
    FieldMask wanted_ = ~FieldMask{0};  // all, until narrowed: skipped text is not read again
    FieldMask open_ = 0;                // a later element may still replace them
    FunctionRef<FieldMask(const FieldValues&)> narrow_;
    FieldValues& values_;
    bool done_ = false;
};

void FieldValues::clear() noexcept {
    for (; found_ != 0; found_ &= found_ - 1)
        values_[static_cast<std::size_t>(std::countr_zero(found_))] = {};
}

FieldScanner::FieldScanner() : nodes_(1) {}

Result<std::size_t> FieldScanner::add(std::string_view pointer) {
    const auto wrong = [](std::string what) { return Error{Errc::invalid_argument, std::move(what)}; };
    const auto known = std::find(pointers_.begin(), pointers_.end(), pointer);
    if (known != pointers_.end()) return static_cast<std::size_t>(known - pointers_.begin());
    if (!pointer.empty() && pointer.front() != '/')
        return wrong("expected a JSON pointer (RFC 6901), which is empty or begins with '/'");
    if (pointers_.size() == FieldValues::kMax)
        return wrong("expected at most " + std::to_string(FieldValues::kMax) + " different pointers");
    std::vector<std::string> tokens;
    for (std::string_view rest = pointer; !rest.empty();) {
        rest.remove_prefix(1);
        const auto end = std::min(rest.find('/'), rest.size());
        if (!unescape_token(rest.substr(0, end), tokens.emplace_back()))
            return wrong("expected '~0' or '~1' after '~' in the JSON pointer");
        if (const auto& token = tokens.back();
            token.starts_with('{') && token.ends_with('}') && token != "{last}")
            return wrong("expected '{last}', the last element of an array, or an index in place of '" +
                         token + "'");
        rest.remove_prefix(end);
    }
    if (tokens.size() > kMaxDepth) return wrong("expected a JSON pointer of at most 16 steps");
    const auto field = static_cast<std::int16_t>(pointers_.size());
    pointers_.emplace_back(pointer);
    std::int16_t node = 0;
    nodes_[0].below |= FieldMask{1} << field;
    for (const auto& token : tokens) {
        node = add_child(node, token);
        nodes_[static_cast<std::size_t>(node)].below |= FieldMask{1} << field;
    }
    nodes_[static_cast<std::size_t>(node)].field = field;
    return static_cast<std::size_t>(field);
}

std::int16_t FieldScanner::add_child(std::int16_t parent, std::string_view token) {
    for (const auto& child : nodes_[static_cast<std::size_t>(parent)].children)
        if (child.key == token) return child.node;
    Child child{.key = std::string(token)};
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), child.index);
    child.is_index = error == std::errc{} && end == token.data() + token.size();
    child.is_last = token == "{last}";
    const bool is_plain = std::none_of(token.begin(), token.end(), [](char byte) {
        return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
    });
    if (is_plain && !token.empty() && token.size() <= kMostCompared) {
        const std::size_t first = std::min(token.size(), sizeof child.first_bytes);
        std::memset(&child.mask, 0xff, first);
        std::memcpy(&child.first_bytes, token.data(), first);
    }
    child.node = static_cast<std::int16_t>(nodes_.size());
    nodes_.emplace_back();
    Node& node = nodes_[static_cast<std::size_t>(parent)];
    node.has_last |= child.is_last;
    node.children.push_back(std::move(child));
    return node.children.back().node;
}

bool FieldScanner::scan(std::string_view text, FieldMask needed,
                        FunctionRef<FieldMask(const FieldValues&)> narrow, FieldValues& values) const {
    values.clear();
    const bool is_good = FieldScan(*this, text, needed, narrow, values).run(text);
    if (!is_good) values.clear();
    return is_good;
}

}  // namespace pinwheel
