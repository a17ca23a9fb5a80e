#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "network_error_impl.h"

namespace pinwheel::detail {

Errc errc_from_network(int error) noexcept {
    switch (error) {
        case EACCES:
        case EPERM:
        case EINVAL:
        case EHOSTDOWN:
        case ENONET:
        case EAFNOSUPPORT:  // IPv6 is disabled
            return Errc::network_unreachable;
        default:
            return errc_from_errno(error);
    }
}

Error network_error(int error) {
    return {errc_from_network(error), std::strerror(error)};
}

bool is_exhausted(Errc code) noexcept {
    return code == Errc::out_of_descriptors || code == Errc::out_of_memory;
}

namespace {

struct Advice {
    Errc code;
    std::string_view text;
};

constexpr Advice kAdvice[] = {
    {Errc::out_of_descriptors, "close descriptors, or raise the limit of open files (ulimit -n)"},
    {Errc::out_of_memory, "free memory of this machine"},
    {Errc::connection_refused, "is the server up, and the port right?"},
    {Errc::network_unreachable, "does a route of this machine lead there, and does its firewall allow it?"},
    {Errc::address_not_available, "is source_address one of this machine's, and is a local port free?"},
    {Errc::resolve_timeout, "check the name servers in /etc/resolv.conf"},
};

}  // namespace

std::string_view connection_advice(Errc code) noexcept {
    const auto* const row = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                         [code](const Advice& of) { return of.code == code; });
    return row != std::end(kAdvice) ? row->text : "are host and port right, and is the way there open?";
}

}  // namespace pinwheel::detail
