#include "json_error_location.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "../../core/bytes.h"
#include "utf8.h"

namespace pinwheel {
namespace {

/// Reads strictly up to the first error. Each reader returns false after fail().
class Scanner {
  public:
    explicit Scanner(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] JsonErrorLocation find() {
        if (read_all()) fail("the parser refuses it");
        const auto before = text_.substr(0, at_);
        const auto newline = before.rfind('\n');
        return {.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
                .column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline,
                .what = what_};
    }

  private:
    static constexpr std::size_t kMaxDepth = 1000;

    [[nodiscard]] bool read_all() {
        const std::size_t readable = utf8_size();
        cut_ = readable < text_.size();
        text_ = text_.substr(0, readable);
        // Nested arrays and objects are a stack of their closing characters.
        std::vector<char> open;
        do {
            if (!read_until_value_done(open)) return explain();
        } while (!open.empty());
        skip_space();
        if (at_ == text_.size() && !cut_) return true;
        fail("expected the end");
        return explain();
    }

    /// The longest prefix that could be UTF-8.
    [[nodiscard]] std::size_t utf8_size() const {
        const auto bytes = bytes_of(text_);
        std::size_t good = 0;
        for (std::size_t bad = bytes.size() + 1; bad - good > 1;) {
            const std::size_t middle = good + (bad - good) / 2;
            (check_utf8_prefix(bytes.first(middle)).impossible ? bad : good) = middle;
        }
        return good;
    }

    /// At the end of the readable text, reports the byte that ended it.
    bool explain() noexcept {
        if (cut_ && at_ == text_.size()) what_ = "not UTF-8";
        return false;
    }

    /// Reads a value, or its beginning, and then all closing characters and commas that follow.
    bool read_until_value_done(std::vector<char>& open) {
        skip_space();
        if (eat('{')) {
            open.push_back('}');
            skip_space();
            if (!peek('}')) return check_depth(open) && read_key();
        } else if (eat('[')) {
            open.push_back(']');
            skip_space();
            if (!peek(']')) return check_depth(open);
        } else if (!read_scalar()) {
            return false;
        }
        while (!open.empty()) {
            skip_space();
            if (eat(open.back())) {
                open.pop_back();
                continue;
            }
            const bool in_object = open.back() == '}';
            if (!eat(',')) return fail(in_object ? "expected ',' or '}'" : "expected ',' or ']'");
            return !in_object || read_key();
        }
        return true;
    }

    bool check_depth(const std::vector<char>& open) noexcept {
        return open.size() < kMaxDepth || fail("nested too deeply");
    }

    bool read_key() {
        skip_space();
        if (!peek('"')) return fail("expected a key in double quotes");
        if (!read_string()) return false;
        skip_space();
        return eat(':') || fail("expected ':'");
    }

    bool read_scalar() {
        if (peek('"')) return read_string();
        for (const std::string_view word : {"true", "false", "null"})
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return true;
            }
        if (peek('-') || is_digit()) return read_number();
        return fail("expected a value");
    }

    bool read_string() {
        const std::size_t begin = at_++;
        while (at_ < text_.size()) {
            if (eat('"')) return true;
            if (static_cast<unsigned char>(text_[at_]) < 0x20) return fail("a control character in a string");
            if (!eat('\\')) {
                ++at_;
            } else if (eat('u')) {
                if (!read_code_unit()) return false;
            } else if (at_ < text_.size() &&
                       std::string_view("\"\\/bfnrt").find(text_[at_++]) == std::string_view::npos) {
                --at_;
                return fail("an unknown escape");
            }
        }
        if (!cut_) at_ = begin;
        return fail("a string without an end");
    }

    /// Reads behind the `u` of an escape, and the second half if this is the first of a surrogate pair.
    bool read_code_unit() {
        const std::size_t begin = at_ - 2;
        const auto unit = read_hexadecimal();
        if (!unit) return false;
        if (*unit < 0xd800 || *unit >= 0xe000) return true;
        if (*unit < 0xdc00 && eat('\\') && eat('u')) {
            const auto second = read_hexadecimal();
            if (!second) return false;
            if (*second >= 0xdc00 && *second < 0xe000) return true;
        }
        at_ = begin;
        return fail("half a surrogate pair");
    }

    std::optional<unsigned> read_hexadecimal() {
        unsigned value = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            const char digit = at_ < text_.size() ? text_[at_] : '\0';
            const auto found =
                kDigits.find(digit >= 'A' && digit <= 'F' ? static_cast<char>(digit + 32) : digit);
            if (found == std::string_view::npos) {
                fail("expected four hexadecimal digits");
                return std::nullopt;
            }
            value = value << 4 | static_cast<unsigned>(found);
        }
        return value;
    }

    bool read_number() {
        const std::size_t begin = at_;
        eat('-');
        if (!eat('0') && !read_digits()) return fail("expected a digit");
        if (is_digit()) return fail("a number with a leading zero");
        bool is_integer = true;
        if (eat('.')) {
            is_integer = false;
            if (!read_digits()) return fail("expected a digit");
        }
        if (eat('e') || eat('E')) {
            is_integer = false;
            if (!eat('+')) eat('-');
            if (!read_digits()) return fail("expected a digit");
        }
        if (is_held(text_.substr(begin, at_ - begin), is_integer)) return true;
        at_ = begin;
        return fail("a number out of range");
    }

    [[nodiscard]] static bool is_held(std::string_view digits, bool is_integer) noexcept {
        const auto holds = [digits](auto value) {
            return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{};
        };
        if (!is_integer) return holds(double{}) || magnitude(digits) <= 0;  // an underflow is 0
        return holds(std::int64_t{}) || (digits.front() != '-' && holds(std::uint64_t{}));
    }

    /// The power of ten above a decimal number, for the digits that it has.
    [[nodiscard]] static long magnitude(std::string_view number) noexcept {
        number.remove_prefix(number.starts_with('-') ? 1 : 0);
        const auto end = number.find_first_of("eE");
        const auto mantissa = number.substr(0, end);
        const auto point = static_cast<long>(std::min(mantissa.find('.'), mantissa.size()));
        const auto first = mantissa.find_first_of("123456789");
        if (first == std::string_view::npos) return 0;
        const auto leading = static_cast<long>(first);
        long exponent = 0;
        if (end != std::string_view::npos) {
            auto text = number.substr(end + 1);
            text.remove_prefix(text.starts_with('+') ? 1 : 0);
            constexpr long kHuge = 1'000'000'000'000;
            if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc{})
                exponent = text.starts_with('-') ? -kHuge : kHuge;
        }
        return (leading < point ? point - leading : point + 1 - leading) + exponent;
    }

    bool read_digits() noexcept {
        const std::size_t begin = at_;
        while (is_digit()) ++at_;
        return at_ != begin;
    }
    void skip_space() noexcept {
        while (peek(' ') || peek('\n') || peek('\r') || peek('\t')) ++at_;
    }
    [[nodiscard]] bool is_digit() const noexcept {
        return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9';
    }
    [[nodiscard]] bool peek(char byte) const noexcept { return at_ < text_.size() && text_[at_] == byte; }
    bool eat(char byte) noexcept {
        if (!peek(byte)) return false;
        ++at_;
        return true;
    }
    bool fail(std::string_view what) noexcept {
        what_ = what;
        return false;
    }

    std::string_view text_;
    bool cut_ = false;  // text_ ends before a byte that is not UTF-8
    std::size_t at_ = 0;
    std::string_view what_;
};

}  // namespace

JsonErrorLocation find_json_error(std::string_view text) {
    return Scanner(text).find();
}

namespace detail {
namespace {

constexpr std::size_t kSafeDigits = 18;

bool is_json_number(std::string_view token) {
    std::size_t at = token.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const std::size_t from = at;
        while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
        return at - from;
    };
    const std::size_t first = at;
    const std::size_t whole = digits();
    if (whole == 0 || (whole > 1 && token[first] == '0')) return false;
    if (at < token.size() && token[at] == '.') {
        ++at;
        if (digits() == 0) return false;
    }
    if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
        ++at;
        if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == token.size();
}

/// The number, replaced by one that a parser can hold.
std::string finite(std::string_view token) {
    if (!is_json_number(token)) return std::string(token);
    double value = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
    if (read.ec == std::errc::result_out_of_range) {
        const bool is_small = token.find("e-") != token.npos || token.find("E-") != token.npos;
        return is_small ? "0.0" : token.starts_with('-') ? "-1e308" : "1e308";
    }
    const bool is_whole = token.find_first_of(".eE") == token.npos;
    return std::string(token) + (is_whole && token.size() > kSafeDigits ? ".0" : "");
}

}  // namespace

std::string with_finite_numbers(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = at;
        if (text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at)
                if (text[at] == '\\') ++at;
            at = std::min(at + 1, text.size());
            out += text.substr(from, at - from);
        } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
            at = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
            out += finite(text.substr(from, at - from));
        } else {
            out += text[at++];
        }
    }
    return out;
}

}  // namespace detail

}  // namespace pinwheel
