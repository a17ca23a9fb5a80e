#include "redactor.h"

#include <algorithm>

namespace pinwheel {
namespace {

/// The shortest word of a header's value that counts as a secret. Shorter ones are, for example, `Bearer`.
constexpr std::size_t kLongWord = 8;

/// The shortest path segment of letters and digits that counts as a key. Binance's listen keys have 64, a
/// UUID has 32.
constexpr std::ptrdiff_t kKeyLength = 24;

bool is_key(std::string_view segment) noexcept {
    return std::ranges::count_if(segment, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           }) >= kKeyLength;
}

int hexadecimal(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
        const int low = high >= 0 ? hexadecimal(text[i + 2]) : -1;
        if (low >= 0) {
            decoded += static_cast<char>(high << 4 | low);
            i += 2;
        } else {
            decoded += text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

template <class Use>
void for_each_part(std::string_view text, std::string_view separators, Use use) {
    while (!text.empty()) {
        const auto part = text.substr(0, text.find_first_of(separators));
        use(part);
        text.remove_prefix(std::min(part.size() + 1, text.size()));
    }
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string line(text);
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto c = static_cast<unsigned char>(line[i]);
        const auto next = i + 1 < line.size() ? static_cast<unsigned char>(line[i + 1]) : 0U;
        if (c == 0xc2 && next >= 0x80 && next < 0xa0) line.replace(i, 2, " ");  // C1 controls
        if (c < 0x20 || c == 0x7f) line[i] = ' ';
    }
    return line;
}

std::string hide_path_keys(std::string_view path, std::span<const std::string> hidden) {
    std::string shown(path);
    for (const auto& secret : hidden)
        if (!secret.empty()) replace_all(shown, secret, Redactor::kMark);
    for (std::size_t begin = 0; begin < shown.size(); ++begin) {
        const auto size = std::min(shown.find('/', begin), shown.size()) - begin;
        const bool hide = is_key(std::string_view(shown).substr(begin, size));
        if (hide) shown.replace(begin, size, Redactor::kMark);
        begin += hide ? Redactor::kMark.size() : size;
    }
    return shown;
}

std::string public_url(std::string_view url, std::span<const std::string> hidden) {
    url = url.substr(0, url.find_first_of("?#"));
    // RFC 3986 section 4.2: `scheme://authority/path`, `//authority/path`, or a path alone.
    const auto slashes = std::min(url.find('/'), url.size());
    const bool has_authority =
        url.substr(slashes).starts_with("//") && (slashes == 0 || url[slashes - 1] == ':');
    if (!has_authority) return hide_path_keys(url, hidden);
    const auto scheme = url.substr(0, slashes + 2);
    url.remove_prefix(scheme.size());
    const auto path = std::min(url.find('/'), url.size());
    const auto user = url.substr(0, path).rfind('@');  // npos + 1 is 0
    return std::string(scheme).append(url.substr(user + 1, path - user - 1)) +
           hide_path_keys(url.substr(path), hidden);
}

Redactor::Redactor(std::string_view target, const std::vector<HttpHeader>& headers,
                   const std::vector<std::string>& subprotocols, const std::vector<std::string>& hidden) {
    const auto query = target.find('?');
    if (query != std::string_view::npos) add_query(target.substr(query + 1));
    for_each_part(target.substr(0, query), "/", [this](std::string_view segment) {
        if (!is_key(segment)) return;
        add(segment);
        add(percent_decoded(segment));
    });
    for (const auto& secret : hidden) add(secret);
    for (const auto& header : headers) {
        add(header.value);
        for_each_part(header.value, " \t,;=\"", [this](std::string_view word) {
            if (word.size() >= kLongWord) add(word);
        });
    }
    for (const auto& subprotocol : subprotocols) add(subprotocol);
    std::ranges::stable_sort(secrets_, std::ranges::greater{}, &std::string::size);
}

void Redactor::add_query(std::string_view query) {
    add(query);
    add(percent_decoded(query));
    for_each_part(query, "&;", [this](std::string_view setting) {
        const auto value = setting.substr(std::min(setting.find('=') + 1, setting.size()));
        add(value);
        add(percent_decoded(value));
    });
}

void Redactor::add(std::string_view secret) {
    if (secret.size() >= kShortest && std::ranges::find(secrets_, secret) == secrets_.end())
        secrets_.emplace_back(secret);
}

std::string Redactor::redact(std::string_view text) const {
    std::string redacted(text);
    for (const auto& secret : secrets_) replace_all(redacted, secret, kMark);
    for (const auto& secret : secrets_)
        for (std::size_t size = std::min(secret.size() - 1, redacted.size()); size >= kShortest; --size) {
            if (!redacted.ends_with(std::string_view(secret).substr(0, size))) continue;
            redacted.replace(redacted.size() - size, size, kMark);
            return redacted;
        }
    return redacted;
}

}  // namespace pinwheel
