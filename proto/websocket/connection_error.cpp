#include <string_view>

#include "connection_error_impl.h"

namespace pinwheel::detail {

Error cannot_watch(const DialTarget& target, Errc refused) {
    return {refused, "the socket to " + target.to_string() + " cannot be watched"};
}

Error dial_timed_out(const DialTarget& target, const Error& waiting) {
    const bool for_name = waiting.code == Errc::resolve_timeout;
    return {waiting.code, (for_name ? "the name '" + target.host + "' was not resolved"
                                    : target.to_string() + " could not be reached") +
                              " within the connection timeout" +
                              (waiting.detail.empty() ? "" : " (" + waiting.detail + ")") +
                              (for_name ? "; check the name servers in /etc/resolv.conf"
                                        : "; are host and port right, and is the way there open?")};
}

Error request_too_large(const DialTarget& target) {
    return {Errc::send_buffer_full, "the upgrade request to " + target.to_string() +
                                        " does not fit; is send_buffer_limit too small?"};
}

Error upgrade_timed_out(const DialTarget& target) {
    return {Errc::connect_timeout,
            target.to_string() +
                " did not answer the upgrade within the connection timeout; is this a WebSocket server?"};
}

Error no_memory_to_inflate(const DialTarget& target, std::size_t limit) {
    return {Errc::out_of_memory,
            "there is no memory for compressed messages of " + target.to_string() + ", of up to " +
                std::to_string(limit) +
                " bytes each; lower max_message_size, or do not offer permessage_deflate"};
}

Error stream_error(const DialTarget& target, Errc code, const std::string& detail) {
    return {code, target.to_string() + ": " + std::string(describe(code)) +
                      (detail.empty() ? "" : " (" + detail + ")")};
}

Error closed_by_peer(const DialTarget& target, const CloseFrame& frame) {
    return {Errc::closed_by_peer, target.to_string() + " closed the connection with " + describe(frame)};
}

Error protocol_broken(const DialTarget& target, Errc broken, std::uint64_t size, std::size_t limit) {
    std::string what(describe(broken));
    if (broken == Errc::message_too_large)
        what += ": " + std::to_string(size) + " bytes or more; max_message_size is " + std::to_string(limit);
    return {broken, what + " (" + target.to_string() + ")"};
}

}  // namespace pinwheel::detail
