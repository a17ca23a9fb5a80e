#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pinwheel {

/// A header as sent; names compare without regard to case.
struct HttpHeader {
    std::string name{};
    std::string value{};
};

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// True if the name is a token and the value has no control character: it can do no harm to a request.
[[nodiscard]] bool is_valid_header(const HttpHeader& header) noexcept;

/// True if one of the comma-separated items of `list` is `token`, without regard to case (RFC 9110
/// section 5.6.1).
[[nodiscard]] bool has_token(std::string_view list, std::string_view token) noexcept;

/// Collects the head of an HTTP message, start line and headers, from pieces of any size, and reads it
/// strictly: CRLF only, no space before the colon (RFC 9112 sections 2.2 and 5).
class HttpHead {
  public:
    /// What becomes of a header that goes on in the next line (obs-fold, RFC 9112 section 5.2): a server may
    /// refuse it, a client must read the line break as a space.
    enum class Folding { refuse, to_space };

    static constexpr std::size_t kMaxSize = std::size_t{16} << 10;
    static constexpr std::size_t kMaxHeaders = 100;

    enum class Status { need_more, done, malformed, too_large };

    explicit HttpHead(Folding folding = Folding::refuse) noexcept : folding_(folding) {}

    /// Takes bytes up to the end of the head; `consumed` tells how many, the rest belongs to what follows.
    /// With need_more all were taken.
    [[nodiscard]] Status feed(std::span<const std::byte> bytes, std::size_t& consumed);

    /// With malformed and too_large also, as far as it came.
    [[nodiscard]] const std::string& start_line() const noexcept { return start_line_; }
    /// After malformed: which line, and what is wrong with it. It holds no header's value.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
    /// The value of a header that is there exactly once.
    [[nodiscard]] std::optional<std::string_view> single(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    /// All values of a header that may be repeated, joined by commas.
    [[nodiscard]] std::string joined(std::string_view name) const;

  private:
    [[nodiscard]] Status parse();
    /// Empty if the line was taken.
    [[nodiscard]] std::string take_line(std::string_view line);
    [[nodiscard]] Status malformed(std::size_t line, const std::string& what);

    Folding folding_;
    std::string text_;
    std::string start_line_;
    std::string fault_;
    std::vector<HttpHeader> headers_;
};

}  // namespace pinwheel
