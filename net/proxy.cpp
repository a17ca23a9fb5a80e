#include "proxy.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include "endpoint.h"
#include "http_head.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMaxLength = 4096;
constexpr std::size_t kMaxSocksText = 255;  // RFC 1929: a length of one byte

Error invalid(const std::string& what) {
    return {Errc::invalid_argument, "the proxy's URL is not valid: " + what +
                                        "; write it as http://[user:password@]host[:port] or socks5h://…"};
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

/// A host with an optional port: `host`, `host:1`, `[::1]`, `[::1]:1`.
struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
};

std::optional<Authority> split(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        const auto behind = text.substr(end + 1);
        if (!behind.empty() && behind.front() != ':') return std::nullopt;
        const auto host = text.substr(1, end - 1);
        if (behind.empty()) return Authority{host, std::nullopt};
        return Authority{host, behind.substr(1)};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return Authority{text, std::nullopt};  // a bare IPv6 literal has several colons
    return Authority{text.substr(0, colon), text.substr(colon + 1)};
}

std::span<const unsigned char> address_bytes(const Endpoint& address) noexcept {
    if (address.family() == AF_INET) {
        const auto* const v4 = reinterpret_cast<const sockaddr_in*>(address.data());
        return {reinterpret_cast<const unsigned char*>(&v4->sin_addr), sizeof v4->sin_addr};
    }
    const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    return {reinterpret_cast<const unsigned char*>(&v6->sin6_addr), sizeof v6->sin6_addr};
}

bool is_in_network(std::string_view host, std::string_view network, std::string_view bits_text) {
    const auto address = Endpoint::parse(host, 0);
    const auto base = Endpoint::parse(network, 0);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(bits_text.data(), bits_text.data() + bits_text.size(), bits);
    if (!address || !base || address->family() != base->family() || error != std::errc() ||
        end != bits_text.data() + bits_text.size())
        return false;
    const auto a = address_bytes(*address);
    const auto b = address_bytes(*base);
    if (bits > a.size() * 8) return false;
    const std::size_t whole = bits / 8;
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

bool is_in_domain(std::string_view host, std::string_view domain) {
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (host.ends_with('.')) host.remove_suffix(1);
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty() || host.size() < domain.size()) return false;
    const auto head = host.substr(0, host.size() - domain.size());
    return equal_ignoring_case(host.substr(head.size()), domain) && (head.empty() || head.ends_with('.'));
}

}  // namespace

Result<Proxy> Proxy::parse(std::string_view url, std::string_view bypass) {
    if (url.size() > kMaxLength) return invalid("it is longer than " + std::to_string(kMaxLength) + " bytes");
    if (std::any_of(url.begin(), url.end(), [](char c) { return c <= 0x20 || c >= 0x7f; }))
        return invalid("it has a space, a control character or one that is not ASCII");
    Proxy proxy;
    std::string_view scheme = "http";
    if (const auto end = url.find("://"); end != std::string_view::npos) {
        scheme = url.substr(0, end);
        url.remove_prefix(end + 3);
    }
    if (equal_ignoring_case(scheme, "socks5") || equal_ignoring_case(scheme, "socks5h"))
        proxy.protocol_ = Protocol::socks5;
    else if (!equal_ignoring_case(scheme, "http"))
        return invalid("the scheme is neither http nor socks5 nor socks5h");

    if (const auto at = url.rfind('@'); at != std::string_view::npos) {
        const auto colon = std::min(url.find(':'), at);
        const auto user = percent_decode(url.substr(0, colon));
        const auto password = percent_decode(colon == at ? "" : url.substr(colon + 1, at - colon - 1));
        if (!user || !password) return invalid("a '%' before '@' is not followed by two hexadecimal digits");
        if (user->empty()) return invalid("the user before '@' is empty");
        if (proxy.protocol_ == Protocol::http_connect && user->find(':') != std::string::npos)
            return invalid("the user has a colon, which Basic authentication cannot send");
        if (proxy.protocol_ == Protocol::socks5 &&
            (user->size() > kMaxSocksText || password->empty() || password->size() > kMaxSocksText))
            return invalid("SOCKS5 sends a user and a password of 1 to 255 bytes each");
        proxy.user_ = *user;
        proxy.password_ = *password;
        url.remove_prefix(at + 1);
    }
    if (url.ends_with('/')) url.remove_suffix(1);
    if (url.find_first_of("/?#") != std::string_view::npos)
        return invalid("it has a path, a query or a fragment");
    const auto authority = split(url);
    if (!authority || authority->host.empty())
        return invalid("the host is empty or its bracket is not closed");
    proxy.host_ = authority->host;
    if (url.starts_with('[') ? !Endpoint::parse(proxy.host_, 0) : proxy.host_.find(':') != std::string::npos)
        return invalid("the host is not an IPv6 address in brackets");
    proxy.port_ = proxy.protocol_ == Protocol::socks5 ? 1080 : 8080;
    if (authority->port) {
        const auto port = parse_port(*authority->port);
        if (!port) return invalid("the port is not within 1 to 65535");
        proxy.port_ = *port;
    }
    while (!bypass.empty()) {
        const auto begin = bypass.find_first_not_of(", \t");
        if (begin == std::string_view::npos) break;
        bypass.remove_prefix(begin);
        const auto end = std::min(bypass.find_first_of(", \t"), bypass.size());
        proxy.bypass_.emplace_back(bypass.substr(0, end));
        bypass.remove_prefix(end);
    }
    return proxy;
}

Result<std::optional<Proxy>> Proxy::from_environment(
    const std::function<const char*(const char*)>& variable) {
    const auto first_of =
        [&variable](std::initializer_list<const char*> names) -> std::pair<std::string, std::string> {
        for (const char* const name : names)
            if (const char* const value = variable(name); value != nullptr && *value != '\0')
                return {name, value};
        return {};
    };
    const auto [name, url] = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    if (url.empty()) return std::optional<Proxy>();
    auto proxy = parse(url, first_of({"no_proxy", "NO_PROXY"}).second);
    if (!proxy)
        return Error{proxy.error().code, "the environment's " + name + ": " + proxy.error().message()};
    return std::optional<Proxy>(*std::move(proxy));
}

bool Proxy::bypasses(std::string_view host, std::uint16_t port) const {
    return std::any_of(bypass_.begin(), bypass_.end(), [&](std::string_view entry) {
        if (entry == "*") return true;
        if (const auto slash = entry.find('/'); slash != std::string_view::npos)
            return is_in_network(host, entry.substr(0, slash), entry.substr(slash + 1));
        const auto parts = split(entry);
        if (!parts || (parts->port && parse_port(*parts->port) != port)) return false;
        const auto address = Endpoint::parse(host, 0);
        const auto named = Endpoint::parse(parts->host, 0);
        return address || named ? address == named : is_in_domain(host, parts->host);
    });
}

std::string Proxy::to_string() const {
    const bool literal6 = host_.find(':') != std::string::npos;
    return (protocol_ == Protocol::socks5 ? "socks5h://" : "http://") +
           (literal6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

}  // namespace pinwheel
