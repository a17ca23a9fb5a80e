#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pinwheel {

/// Every error that the library reports, one closed list.
enum class Errc : std::uint8_t {
    ok = 0,
    // usage: the caller asked for something impossible. A retry gives the same answer.
    invalid_argument,
    invalid_url,
    invalid_state,
    not_connected,
    not_permitted,
    // resolve
    host_not_found,
    resolve_failed,
    resolve_timeout,
    // transport
    connection_refused,
    connection_reset,
    connection_aborted,
    network_unreachable,
    address_not_available,
    end_of_stream,
    connect_timeout,
    unacknowledged,
    out_of_descriptors,
    out_of_memory,
    io_failure,
    cancelled,
    proxy_failed,
    proxy_refused,
    // tls
    tls_setup,
    tls_certificate,
    tls_handshake,
    tls_failure,
    // handshake: the HTTP upgrade, RFC 6455 section 4
    upgrade_malformed,
    upgrade_refused,
    upgrade_unavailable,
    upgrade_bad_accept,
    upgrade_bad_protocol,
    upgrade_too_large,
    // protocol: the peer broke RFC 6455
    bad_frame,
    bad_fragment,
    bad_utf8,
    bad_close,
    masked_frame,
    bad_compression,
    pong_timeout,
    closed_by_peer,
    // limit
    message_too_large,
    queue_full,
    send_buffer_full,
    timeout,
    retries_exhausted,
};

/// The class of an error. The state machine looks only at this and at `is_retryable`.
enum class ErrorClass : std::uint8_t { none, usage, resolve, transport, tls, handshake, protocol, limit };

/// The class of a code; none for ok.
[[nodiscard]] ErrorClass error_class(Errc code) noexcept;

/// True if the same attempt may succeed later. False for a refused certificate, for an upgrade that the
/// server or a proxy refuses (HTTP 4xx other than 408, 425 and 429), and for usage errors.
[[nodiscard]] bool is_retryable(Errc code) noexcept;

/// A short sentence for the code, without details. Static storage.
[[nodiscard]] std::string_view describe(Errc code) noexcept;
/// The name, such as `handshake`. Static storage.
[[nodiscard]] std::string_view to_string(ErrorClass value) noexcept;

/// The category of std::error_code for Errc. Static storage.
[[nodiscard]] const std::error_category& pinwheel_category() noexcept;
/// For std::error_code and std::system_error.
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

/// The code for an errno of a socket call; `io_failure` for an errno without its own code.
[[nodiscard]] Errc errc_from_errno(int error) noexcept;

/// An error and its subject: the host, the field, the remedy. Cold paths only. `detail` holds no header
/// value, query string or payload.
struct Error {
    Errc code = Errc::ok;  ///< the code; ok: no error
    std::string detail{};  ///< the subject; may be empty

    /// True if it is an error.
    [[nodiscard]] bool failed() const noexcept { return code != Errc::ok; }
    /// One line of at most 2 KiB: the detail, or the code's sentence if there is no detail.
    [[nodiscard]] std::string message() const;
};

}  // namespace pinwheel

/// @cond
template <>
struct std::is_error_code_enum<pinwheel::Errc> : std::true_type {};
/// @endcond
