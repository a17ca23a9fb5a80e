#include <cerrno>
#include <cstring>

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

std::string_view connection_advice(Errc code) noexcept {
    switch (code) {
        case Errc::out_of_descriptors:
            return "close descriptors, or raise the limit of open files (ulimit -n)";
        case Errc::out_of_memory:
            return "free memory of this machine";
        case Errc::connection_refused:
            return "is the server up, and the port right?";
        case Errc::network_unreachable:
            return "does a route of this machine lead there, and does its firewall allow it?";
        case Errc::address_not_available:
            return "is source_address one of this machine's, and is a local port free?";
        case Errc::resolve_timeout:
            return "check the name servers in /etc/resolv.conf";
        default:
            return "are host and port right, and is the way there open?";
    }
}

}  // namespace pinwheel::detail
