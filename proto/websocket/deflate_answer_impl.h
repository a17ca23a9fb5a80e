#pragma once

// The negotiation of compression (RFC 7692 section 7.1). Not installed.

#include <string_view>

namespace pinwheel::detail {

/// The client's offer: the server may compress, with a window of at most 32 KiB. The client does not
/// compress, so no parameter concerns its messages.
inline constexpr std::string_view kDeflateOffer = "permessage-deflate";

/// Checks a non-blank Sec-WebSocket-Extensions of an answer to kDeflateOffer. Empty: permessage-deflate is
/// agreed on. Otherwise the fault. Static storage.
[[nodiscard]] std::string_view refuse_deflate_answer(std::string_view extensions) noexcept;

}  // namespace pinwheel::detail
