#include "url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "../../net/endpoint.h"
#include "redactor.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMaxLength = 8192;
constexpr std::string_view kPunycode =
    " (a name that is not ASCII is written in punycode, as in xn--bcher-kva.example)";
constexpr std::string_view kHint = "; write it as ws://host[:port]/path or wss://host[:port]/path";

Error invalid(const std::string& what) {
    return {Errc::invalid_url, "the URL is not valid: " + what + std::string(kHint)};
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool is_scheme(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// The first character that is not allowed in a URL (RFC 3986 section 2): controls, spaces, non-ASCII,
/// quotes.
std::optional<std::size_t> find_forbidden(std::string_view text) {
    const auto at = std::find_if(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u <= 0x20 || u >= 0x7f || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos;
    });
    if (at == text.end()) return std::nullopt;
    return static_cast<std::size_t>(at - text.begin());
}

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

bool is_in_authority(std::string_view text, std::size_t at) {
    const auto scheme_end = text.find("://");
    return scheme_end != std::string_view::npos && at >= scheme_end + 3 &&
           at < text.find_first_of("/?#", scheme_end + 3);
}

/// RFC 6874 section 2: unreserved characters. Interface names have no others.
bool is_zone(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_host_character(c) || (c >= 'A' && c <= 'Z') || c == '~';
    });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > kMaxLength)
        return invalid("it is longer than " + std::to_string(kMaxLength) + " bytes");
    if (const auto at = find_forbidden(text); at && is_in_authority(text, *at) && !is_ascii(text[*at]))
        return invalid("the host's character at position " + std::to_string(*at) + " is not ASCII" +
                       std::string(kPunycode));
    if (const auto at = find_forbidden(text))
        return invalid("the character at position " + std::to_string(*at) +
                       " is not allowed (a space, a line break, or one that must be percent-encoded)");
    Url url;
    const auto scheme_end = text.find("://");
    const std::string scheme = lower(text.substr(0, scheme_end));
    if (scheme_end == std::string_view::npos) return invalid("it has no scheme");
    if (scheme != "ws" && scheme != "wss")
        return invalid("the scheme" + (is_scheme(scheme) ? " '" + scheme + "'" : std::string()) +
                       " is neither ws nor wss");
    url.tls_ = scheme == "wss";

    const auto rest = text.substr(scheme_end + 3);
    const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto authority = rest.substr(0, authority_end);
    const auto target = rest.substr(authority_end);
    const auto quoted = [has_user = rest.find('@') != std::string_view::npos](std::string_view part) {
        // A seeming host or port may be part of a password with a '/', '?' or '#'.
        return has_user ? std::string() : " '" + std::string(part) + "'";
    };
    if (target.find('#') != std::string_view::npos)
        return invalid("it has a fragment ('#'), which WebSocket forbids");
    if (authority.find('@') != std::string_view::npos)
        return invalid("it has user information before '@'; send credentials in a header instead");

    std::string_view host = authority;
    std::string_view port_text;
    const bool bracketed = authority.starts_with('[');
    const auto host_end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && host_end == std::string_view::npos)
        return invalid("the bracket before the IPv6 address is not closed");
    if (host_end != std::string_view::npos) {
        host = bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
        auto behind = authority.substr(host_end + (bracketed ? 1 : 0));
        if (!behind.empty() && behind[0] != ':')
            return invalid("there is something between ']' and the port");
        if (!behind.empty()) {
            port_text = behind.substr(1);
            if (!port_text.empty() && !parse_port(port_text))
                return invalid("the port" + quoted(port_text) + " is not within 1 to 65535");
        }
    }
    std::string zone;
    if (const auto mark = host.find("%25"); bracketed && mark != std::string_view::npos) {
        zone = "%" + std::string(host.substr(mark + 3));
        host = host.substr(0, mark);
        if (!is_zone(zone.substr(1)))
            return invalid("the zone" + quoted(zone.substr(1)) +
                           " of the IPv6 address is not the name of an interface");
    }
    url.host_ = lower(host);
    if (url.host_.empty()) return invalid("the host is empty");
    if (bracketed && (!Endpoint::parse(url.host_, 0) || url.host_.find(':') == std::string::npos))
        return invalid("the host" + quoted("[" + url.host_ + "]") + " is not an IPv6 address");
    if (!bracketed && !std::all_of(url.host_.begin(), url.host_.end(), &is_host_character))
        return invalid("the host" + quoted(url.host_) + " has a character that no host name has" +
                       std::string(url.host_.find('%') != std::string::npos ? kPunycode : ""));
    url.host_ += zone;
    url.port_ = port_text.empty() ? (url.tls_ ? 443 : 80) : *parse_port(port_text);
    url.target_ = (target.starts_with('/') ? "" : "/") + std::string(target);
    return url;
}

std::string Url::authority() const {
    const bool literal6 = host_.find(':') != std::string::npos;
    const std::string host = literal6 ? "[" + name() + "]" : host_;
    return port_ == (tls_ ? 443 : 80) ? host : host + ":" + std::to_string(port_);
}

std::string Url::without_query(std::span<const std::string> hidden) const {
    return (tls_ ? "wss://" : "ws://") + authority() +
           hide_path_keys(target_.substr(0, target_.find('?')), hidden);
}

}  // namespace pinwheel
