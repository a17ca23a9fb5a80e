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

/// True if the name is a token and the value has no control character, so that the header cannot alter the
/// rest of the request.
[[nodiscard]] bool is_valid_header(const HttpHeader& header) noexcept;

/// True if one of the comma-separated items of `list` is `token`, without regard to case (RFC 9110
/// section 5.6.1).
[[nodiscard]] bool has_token(std::string_view list, std::string_view token) noexcept;

/// Collects the head of an HTTP message (start line and headers) from pieces of any size. Parses it strictly:
/// CRLF only, no space before the colon (RFC 9112 sections 2.2 and 5).
class HttpHead {
  public:
    /// The treatment of a header that continues on the next line (obs-fold, RFC 9112 section 5.2). A server
    /// may refuse it. A client must read the line break as a space.
    enum class Folding { refuse, to_space };

    static constexpr std::size_t kMaxSize = std::size_t{16} << 10;
    static constexpr std::size_t kMaxHeaders = 100;

    enum class Status { need_more, done, malformed, too_large };

    explicit HttpHead(Folding folding = Folding::refuse) noexcept : folding_(folding) {}

    /// Takes bytes up to the end of the head. `consumed` is their number; later bytes belong to the next
    /// protocol element. With need_more all bytes were taken.
    [[nodiscard]] Status feed(std::span<const std::byte> bytes, std::size_t& consumed);

    /// After malformed and too_large: the part that was parsed.
    [[nodiscard]] const std::string& start_line() const noexcept { return start_line_; }
    /// After malformed: the line and its fault. Holds no header's value.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }
    /// The value of a header that appears exactly once.
    [[nodiscard]] std::optional<std::string_view> single(std::string_view name) const noexcept;
    /// All headers, in order.
    [[nodiscard]] const std::vector<HttpHeader>& headers() const noexcept { return headers_; }
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    /// All values of a repeatable header, joined by commas.
    [[nodiscard]] std::string joined(std::string_view name) const;

  private:
    [[nodiscard]] Status parse();
    /// Empty if the line was accepted.
    [[nodiscard]] std::string take_line(std::string_view line);
    [[nodiscard]] Status malformed(std::size_t line, const std::string& what);

    Folding folding_;
    std::string text_;
    std::string start_line_;
    std::string fault_;
    std::vector<HttpHeader> headers_;
};

}  // namespace pinwheel
