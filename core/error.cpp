#include "error.h"

#include <array>
#include <cerrno>

#include "bounded_text_impl.h"

namespace pinwheel {
namespace {

struct Row {
    Errc code;
    ErrorClass group;
    bool is_retryable;
    std::string_view text;
};

using enum ErrorClass;

// In the order of the enum. A test checks each row's place.
constexpr std::array kRows{
    Row{Errc::ok, none, true, "no error"},
    Row{Errc::invalid_argument, usage, false, "an argument has a value that is not allowed"},
    Row{Errc::invalid_url, usage, false, "the URL is not a valid ws or wss URL"},
    Row{Errc::invalid_state, usage, false, "the call is not allowed in this state"},
    Row{Errc::not_connected, usage, false, "there is no open connection"},
    Row{Errc::not_permitted, usage, false, "the system does not permit it"},
    Row{Errc::host_not_found, resolve, true, "the host name does not resolve"},
    Row{Errc::resolve_failed, resolve, true, "the name server gave an error"},
    Row{Errc::resolve_timeout, resolve, true, "the name server did not answer in time"},
    Row{Errc::connection_refused, transport, true, "the connection was refused"},
    Row{Errc::connection_reset, transport, true, "the connection was reset by the peer"},
    Row{Errc::connection_aborted, transport, true, "the connection was aborted"},
    Row{Errc::network_unreachable, transport, true, "the network or host is unreachable"},
    Row{Errc::address_not_available, transport, true, "the local address is not available"},
    Row{Errc::end_of_stream, transport, true, "the peer ended the stream without a close frame"},
    Row{Errc::connect_timeout, transport, true, "the connection was not up in time"},
    Row{Errc::unacknowledged, transport, true, "the peer did not acknowledge sent data in time"},
    Row{Errc::out_of_descriptors, transport, true, "no file descriptor or epoll watch is left"},
    Row{Errc::out_of_memory, transport, true, "no memory is left"},
    Row{Errc::io_failure, transport, true, "reading or writing failed"},
    Row{Errc::cancelled, transport, true, "the operation was cancelled"},
    Row{Errc::proxy_failed, transport, true, "the proxy could not make the connection"},
    Row{Errc::proxy_refused, transport, false, "the proxy refused to make the connection"},
    Row{Errc::tls_setup, tls, false, "TLS could not be set up"},
    Row{Errc::tls_certificate, tls, false, "the server's certificate was refused"},
    Row{Errc::tls_handshake, tls, true, "the TLS handshake failed"},
    Row{Errc::tls_failure, tls, true, "the TLS connection failed"},
    Row{Errc::upgrade_malformed, handshake, true, "the server's answer is not a valid HTTP response"},
    Row{Errc::upgrade_refused, handshake, false, "the server refused the upgrade"},
    Row{Errc::upgrade_unavailable, handshake, true, "the server cannot take the upgrade now"},
    Row{Errc::upgrade_bad_accept, handshake, true, "the server's Sec-WebSocket-Accept is wrong"},
    Row{Errc::upgrade_bad_protocol, handshake, true,
        "the server chose an extension or subprotocol not offered"},
    Row{Errc::upgrade_too_large, handshake, true, "the server's HTTP response is too large"},
    Row{Errc::bad_frame, protocol, true, "the peer sent an invalid frame"},
    Row{Errc::bad_fragment, protocol, true, "the peer broke the rules of fragmentation"},
    Row{Errc::bad_utf8, protocol, true, "the peer sent text that is not UTF-8"},
    Row{Errc::bad_close, protocol, true, "the peer sent an invalid close frame"},
    Row{Errc::masked_frame, protocol, true, "the server sent a masked frame"},
    Row{Errc::bad_compression, protocol, true, "the peer sent a compressed message that does not inflate"},
    Row{Errc::pong_timeout, protocol, true, "no pong came in time"},
    Row{Errc::closed_by_peer, protocol, true, "the peer closed the connection"},
    Row{Errc::message_too_large, limit, true, "the message is larger than allowed"},
    Row{Errc::queue_full, limit, true, "the message queue is full"},
    Row{Errc::send_buffer_full, limit, true, "the send buffer is full"},
    Row{Errc::timeout, limit, true, "the time ran out"},
    Row{Errc::retries_exhausted, limit, true, "every allowed attempt to connect has failed"},
};

constexpr bool rows_in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i)
        if (static_cast<std::size_t>(kRows[i].code) != i) return false;
    return static_cast<std::size_t>(Errc::retries_exhausted) + 1 == kRows.size();
}
static_assert(rows_in_order());

const Row& row(Errc code) noexcept {
    return kRows[static_cast<std::size_t>(code)];
}

class Category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "pinwheel"; }
    std::string message(int value) const override {
        if (value < 0 || static_cast<std::size_t>(value) >= kRows.size()) return "unknown pinwheel error";
        return std::string(kRows[static_cast<std::size_t>(value)].text);
    }
};

}  // namespace

ErrorClass error_class(Errc code) noexcept {
    return row(code).group;
}

bool is_retryable(Errc code) noexcept {
    return row(code).is_retryable;
}

std::string_view describe(Errc code) noexcept {
    return row(code).text;
}

std::string_view to_string(ErrorClass value) noexcept {
    constexpr std::array<std::string_view, 8> kNames{"none", "usage",     "resolve",  "transport",
                                                     "tls",  "handshake", "protocol", "limit"};
    return kNames[static_cast<std::size_t>(value)];
}

const std::error_category& pinwheel_category() noexcept {
    static const Category category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), pinwheel_category()};
}

Errc errc_from_errno(int error) noexcept {
    switch (error) {
        case 0:
            return Errc::ok;
        case ECONNREFUSED:
            return Errc::connection_refused;
        case ECONNRESET:
        case EPIPE:
            return Errc::connection_reset;
        case ECONNABORTED:
            return Errc::connection_aborted;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
            return Errc::network_unreachable;
        case EADDRNOTAVAIL:
        case EADDRINUSE:
            return Errc::address_not_available;
        case ETIMEDOUT:
            return Errc::connect_timeout;
        case EMFILE:
        case ENFILE:
            return Errc::out_of_descriptors;
        case ENOMEM:
        case ENOBUFS:
            return Errc::out_of_memory;
        case EACCES:
        case EPERM:
            return Errc::not_permitted;
        case EINVAL:
            return Errc::invalid_argument;
        default:
            return Errc::io_failure;
    }
}

std::string Error::message() const {
    return detail.empty() ? std::string(describe(code)) : detail::bounded_text(detail);
}

}  // namespace pinwheel
