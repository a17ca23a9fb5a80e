#include "socket_info.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace pinwheel {
namespace {

template <class Value>
bool read_option(int fd, int level, int option, Value& value) noexcept {
    socklen_t size = sizeof value;
    return ::getsockopt(fd, level, option, &value, &size) == 0;
}

template <class Call>
std::optional<Endpoint> address_by(Call call, int fd) noexcept {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    return call(fd, address, &size) == 0 ? Endpoint::from(address) : std::nullopt;
}

std::size_t count_by(int fd, unsigned long request) noexcept {
    int bytes = 0;
    return ::ioctl(fd, request, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

SocketInfo read_socket_info(int fd) noexcept {
    SocketInfo info;
    info.local = address_by(&::getsockname, fd);
    info.peer = address_by(&::getpeername, fd);
    if (tcp_info tcp{}; read_option(fd, IPPROTO_TCP, TCP_INFO, tcp)) {
        info.round_trip = std::chrono::microseconds{tcp.tcpi_rtt};
        info.round_trip_variance = std::chrono::microseconds{tcp.tcpi_rttvar};
        info.retransmits = tcp.tcpi_total_retrans;
    }
    info.unread_bytes = count_by(fd, SIOCINQ);
    info.unacknowledged_bytes = count_by(fd, SIOCOUTQ);
    unsigned napi_id = 0;
    if (read_option(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID, napi_id)) info.napi_id = napi_id;
    int cpu = -1;
    if (read_option(fd, SOL_SOCKET, SO_INCOMING_CPU, cpu) && cpu >= 0) info.cpu = cpu;
    return info;
}

}  // namespace pinwheel
