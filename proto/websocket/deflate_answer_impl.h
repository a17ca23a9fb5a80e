#pragma once

// The negotiation of compression (RFC 7692 section 7.1). Not installed.

#include <string_view>

namespace pinwheel::detail {

/// What a client offers: the server compresses as it likes, with a window of at most 32 KiB. The client does
/// not compress, so that no parameter concerns what it sends.
inline constexpr std::string_view kDeflateOffer = "permessage-deflate";

/// Judges Sec-WebSocket-Extensions of an answer to kDeflateOffer, which is not blank. Empty:
/// permessage-deflate is agreed on. Else what is wrong with it. Static storage.
[[nodiscard]] std::string_view refuse_deflate_answer(std::string_view extensions) noexcept;

}  // namespace pinwheel::detail
