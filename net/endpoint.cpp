#include "endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <array>
#include <charconv>
#include <cstring>

namespace pinwheel {
namespace {

/// The index of an interface, by name or number (RFC 4007 section 11.2); 0 if this machine has none such.
std::uint32_t index_of(const std::string& zone) {
    if (const unsigned named = ::if_nametoindex(zone.c_str()); named != 0) return named;
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), index);
    std::array<char, IF_NAMESIZE> name{};
    const bool is_number = error == std::errc() && end == zone.data() + zone.size();
    return is_number && ::if_indextoname(index, name.data()) != nullptr ? index : 0;
}

}  // namespace

Endpoint::Endpoint() noexcept {
    storage_.v4.sin_family = AF_INET;
}

std::optional<Endpoint> Endpoint::from(const sockaddr* address) noexcept {
    Endpoint endpoint;
    if (address == nullptr || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return std::nullopt;
    std::memcpy(&endpoint.storage_, address,
                address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    return endpoint;
}

std::optional<Endpoint> Endpoint::parse(std::string_view address, std::uint16_t port) {
    Endpoint endpoint;
    const auto scope_at = address.find('%');
    const std::string plain(address.substr(0, scope_at));
    if (scope_at == std::string_view::npos &&
        ::inet_pton(AF_INET, plain.c_str(), &endpoint.storage_.v4.sin_addr) == 1) {
        endpoint.set_port(port);
        return endpoint;
    }
    endpoint.storage_.v6 = {};
    endpoint.storage_.v6.sin6_family = AF_INET6;
    if (::inet_pton(AF_INET6, plain.c_str(), &endpoint.storage_.v6.sin6_addr) != 1) return std::nullopt;
    if (scope_at != std::string_view::npos) {
        endpoint.storage_.v6.sin6_scope_id = index_of(std::string(address.substr(scope_at + 1)));
        if (endpoint.storage_.v6.sin6_scope_id == 0) return std::nullopt;
    }
    endpoint.set_port(port);
    return endpoint;
}

std::uint16_t Endpoint::port() const noexcept {
    return ntohs(family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port);
}

void Endpoint::set_port(std::uint16_t port) noexcept {
    (family() == AF_INET ? storage_.v4.sin_port : storage_.v6.sin6_port) = htons(port);
}

socklen_t Endpoint::size() const noexcept {
    return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::string Endpoint::address() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const raw = family() == AF_INET ? static_cast<const void*>(&storage_.v4.sin_addr)
                                                : static_cast<const void*>(&storage_.v6.sin6_addr);
    ::inet_ntop(family(), raw, text.data(), text.size());
    return text.data();
}

std::string Endpoint::to_string() const {
    const auto port_text = ":" + std::to_string(port());
    return family() == AF_INET ? address() + port_text : "[" + address() + "]" + port_text;
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
    if (a.family() != b.family() || a.port() != b.port()) return false;
    if (a.family() == AF_INET) return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
    return std::memcmp(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr, sizeof(in6_addr)) == 0 &&
           a.storage_.v6.sin6_scope_id == b.storage_.v6.sin6_scope_id;
}

}  // namespace pinwheel
