#include "close_code.h"

namespace pinwheel {

bool is_wire_close_code(std::uint16_t code) noexcept {
    if (code >= 3000) return code <= 4999;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

std::string_view describe_close_code(std::uint16_t code) noexcept {
    switch (static_cast<CloseCode>(code)) {
        case CloseCode::normal:
            return "normal closure";
        case CloseCode::going_away:
            return "going away";
        case CloseCode::protocol_error:
            return "protocol error";
        case CloseCode::unsupported_data:
            return "unsupported data";
        case CloseCode::no_status:
            return "no status";
        case CloseCode::abnormal:
            return "abnormal closure";
        case CloseCode::invalid_payload:
            return "invalid payload";
        case CloseCode::policy_violation:
            return "policy violation";
        case CloseCode::message_too_big:
            return "message too big";
        case CloseCode::mandatory_extension:
            return "mandatory extension";
        case CloseCode::internal_error:
            return "internal error";
        case CloseCode::service_restart:
            return "service restart";
        case CloseCode::try_again_later:
            return "try again later";
        case CloseCode::bad_gateway:
            return "bad gateway";
        case CloseCode::tls_handshake:
            return "TLS handshake";
    }
    if (code >= 4000 && code <= 4999) return "private";
    return code >= 3000 && code < 4000 ? "registered" : "unknown";
}

CloseCode close_code_for(Errc broken) noexcept {
    if (broken == Errc::bad_utf8 || broken == Errc::bad_compression) return CloseCode::invalid_payload;
    if (broken == Errc::message_too_large) return CloseCode::message_too_big;
    return CloseCode::protocol_error;
}

}  // namespace pinwheel
