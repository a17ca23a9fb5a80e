#include "field_scanner.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "json_bytes_impl.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMaxDepth = 16;

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
              FunctionRef<FieldMask(const FieldValues&)> narrow, FieldValues& values,
              ScanTrace& trace) noexcept
        : nodes_(scanner.nodes_),
          end_(text.data() + text.size()),
          needed_(needed),
          narrow_(narrow),
          values_(values),
          trace_(trace),
          noted_(text.data()) {}

    [[nodiscard]] bool run(std::string_view text) {
        const char* at = skip_space(text.data());
        if (at == end_) return false;
        at = value(at, 0);
        const bool is_good = done_ || (at != nullptr && skip_space(at) == end_);
        if (trace_.path == nullptr || !is_good) return is_good;
        if (done_)
            trace_.path->finish();
        else
            trace_.path->finish_text({noted_, end_});
        return true;
    }

  private:
    using Node = FieldScanner::Node;
    using Way = ScanPath::Way;

    const char* value(const char* at, std::int16_t index) {
        const Node& node = nodes_[static_cast<std::size_t>(index)];
        if ((node.below & wanted_) == 0) return pass(at);
        const JsonType type = detail::type_of(*at);
        const bool is_container = type == JsonType::object || type == JsonType::array;
        return is_container ? container(at, node, type) : leaf(at, node, type);
    }

    /// Skips a value.
    const char* pass(const char* at) noexcept {
        const char* const after = detail::skip_value(at, end_);
        note(at, after, FieldScanner::kNone, Way::any);
        return after;
    }

    const char* leaf(const char* at, const Node& node, JsonType type) {
        if (type == JsonType::absent) return nullptr;
        const bool is_string = type == JsonType::string;
        const char* const begin = is_string ? at + 1 : at;
        bool escaped = false;
        const char* const after =
            is_string ? detail::string_end(begin, end_, escaped) : detail::find_end<true>(at, end_);
        if (after == nullptr) return nullptr;
        note(at, after, node.field, node.children.empty() ? Way::any : Way::scalar);
        if (node.field < 0) return after;
        const auto size = static_cast<std::size_t>(after - begin) - (is_string ? 1 : 0);
        return fill(node.field, type, begin, size, escaped) ? after : nullptr;
    }

    const char* container(const char* at, const Node& node, JsonType type) {
        const char* const begin = at;
        const bool is_entered = !node.children.empty();
        if (!is_entered || node.field >= 0)
            note(begin, begin, node.field, is_entered ? Way::entered : Way::any);
        // A field exists from here on, before its end is known.
        if (node.field >= 0 && !fill(node.field, type, begin, 1)) return nullptr;
        if (is_entered)
            at = type == JsonType::object ? object(at + 1, node) : array(at + 1, node);
        else
            noted_ = at = detail::skip_container(at, end_);
        if (at != nullptr && node.field >= 0)
            values_.values_[static_cast<std::size_t>(node.field)].text = {
                begin, static_cast<std::size_t>(at - begin)};
        return at;
    }

    /// The trace continues behind the value.
    void note(const char* begin, const char* after, std::int16_t field, Way way) noexcept {
        if (trace_.path == nullptr) return;
        const bool is_read = field >= 0 && !values_.has(static_cast<std::size_t>(field));
        const bool is_text = *begin == '"';
        trace_.path->add({noted_, is_text ? begin + 1 : begin}, is_read ? field : FieldScanner::kNone,
                         is_text ? Way::text : way);
        noted_ = after;
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
            at = child >= 0 ? value(at, child) : pass(at);
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
        const char* const at = detail::string_end(begin, end_, escaped);
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
                if (child.is_last) {
                    if (!forget(nodes_[static_cast<std::size_t>(child.node)].below)) continue;
                } else if (!child.is_index || child.index != i) {
                    continue;
                }
                after = value(begin, child.node);
                if (after == nullptr) return nullptr;
            }
            at = after != nullptr ? after : pass(begin);
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

    /// A later element replaces this one, so that no path leads to it. False if none of the fields is
    /// wanted.
    [[nodiscard]] bool forget(FieldMask fields) noexcept {
        if ((fields & wanted_) == 0) return false;
        if (trace_.path != nullptr) trace_.path->give_up();
        open_ |= fields;
        values_.found_ &= ~fields;
        return true;
    }

    /// Of equal keys the first counts. False if all fields are found.
    bool fill(std::int16_t field, JsonType type, const char* begin, std::size_t size, bool escaped = false) {
        const auto index = static_cast<std::size_t>(field);
        if (values_.has(index)) return true;
        values_.set(index, {type, {begin, size}, escaped});
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
            if (!child.is(name)) continue;
            likely = at + 1 < count ? at + 1 : 0;
            return child.node;
        }
        return FieldScanner::kNone;
    }

    [[nodiscard]] const char* skip_space(const char* at) const noexcept {
        while (at < end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
        return at;
    }

    const std::vector<Node>& nodes_;
    const char* end_;
    FieldMask needed_;
    FieldMask wanted_ = ~FieldMask{0};  // all, until narrowed: skipped text is not read again
    FieldMask open_ = 0;                // a later element may still replace them
    FunctionRef<FieldMask(const FieldValues&)> narrow_;
    FieldValues& values_;
    ScanTrace& trace_;
    const char* noted_;  // up to here
    bool done_ = false;
};

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
            return wrong("expected '{last}', the last element of an array, or an index instead of '" + token +
                         "'");
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
                        FunctionRef<FieldMask(const FieldValues&)> narrow, FieldValues& values,
                        ScanTrace& trace) const {
    values.clear();
    const bool is_good = FieldScan(*this, text, needed, narrow, values, trace).run(text);
    if (!is_good) values.clear();
    return is_good;
}

}  // namespace pinwheel
