#include "upgrade_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "../../core/bounded_text_impl.h"
#include "accept_key.h"
#include "deflate_answer_impl.h"
#include "retry_after_impl.h"

namespace pinwheel {
namespace {

constexpr std::size_t kExcerpt = 120;
/// The most bytes of a chunked body, with its chunk sizes.
constexpr std::size_t kChunkedExcerpt = 1024;
constexpr std::size_t kMaxLocation = 200;
constexpr int kMaxInterim = 10;

bool is_reserved(std::string_view name) {
    static constexpr std::array<std::string_view, 11> kReserved{"Host",
                                                                "Upgrade",
                                                                "Connection",
                                                                "Sec-WebSocket-Key",
                                                                "Sec-WebSocket-Version",
                                                                "Sec-WebSocket-Accept",
                                                                "Sec-WebSocket-Protocol",
                                                                "Sec-WebSocket-Extensions",
                                                                "Content-Length",
                                                                "Transfer-Encoding",
                                                                "Expect"};
    return std::any_of(kReserved.begin(), kReserved.end(),
                       [&](std::string_view reserved) { return equal_ignoring_case(name, reserved); });
}

/// The status of a line such as `HTTP/1.1 503 Service Unavailable`, of any HTTP/1.x (RFC 9110 section 2.5); 0
/// if it is not a status line.
int parse_status(std::string_view line) {
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || (line.size() > 12 && line[12] != ' ')) return 0;
    if (line[7] < '0' || line[7] > '9' || line[8] != ' ') return 0;
    int status = 0;
    const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
    return error == std::errc() && end == line.data() + 12 && status >= 100 ? status : 0;
}

/// The received part of a chunked body (RFC 9112 section 7.1), and whether more may follow.
struct Chunks {
    std::string text{};
    bool is_open = true;
};

Chunks read_chunks(std::string_view raw) {
    Chunks chunks;
    while (true) {
        const auto line_end = raw.find("\r\n");
        if (line_end == std::string_view::npos) return chunks;
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(raw.data(), raw.data() + line_end, size, 16);
        chunks.is_open = error == std::errc() && size > 0;
        if (!chunks.is_open) return chunks;
        raw.remove_prefix(line_end + 2);
        chunks.text += raw.substr(0, size);
        if (raw.size() < size || raw.size() - size < 2) return chunks;
        raw.remove_prefix(size + 2);
    }
}

bool is_blank(std::string_view list) {
    return list.find_first_not_of(", \t") == std::string_view::npos;
}

/// Replaces characters that are not printable ASCII by spaces.
std::string printable(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
    return text;
}

/// The remedy for an answer; empty if there is none.
std::string_view advice_for(int status) {
    if (status == 200) return "; is this the path of a WebSocket?";
    if (status == 401 || status == 403) return "; are the credentials in the headers right?";
    if (status == 404) return "; is the path in the URL right?";
    if (status == 429 || status >= 500) return "; try again later";
    return "";
}

bool is_temporary(int status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

Error validate(const UpgradeOptions& options) {
    for (const auto& header : options.headers) {
        if (is_reserved(header.name))
            return {Errc::invalid_argument,
                    "header '" + header.name + "' belongs to the upgrade and cannot be set"};
        if (!is_valid_header({header.name, {}}))
            return {Errc::invalid_argument,
                    "the header name '" +
                        printable(header.name.substr(0, header.name.find_first_of(":\r\n"))) +
                        "' must be one or more letters, digits and hyphens"};
        if (!is_valid_header(header))
            return {Errc::invalid_argument, "the value of header '" + header.name +
                                                "' has a line break or another control character"};
    }
    for (const auto& subprotocol : options.subprotocols)
        if (!is_valid_header({subprotocol, {}}))
            return {Errc::invalid_argument,
                    "subprotocol " + std::to_string(&subprotocol - options.subprotocols.data() + 1) +
                        " must be a token, without spaces or commas"};
    return {};
}

UpgradeClient::UpgradeClient(const Url& url, const UpgradeOptions& options, SecureRandom& random)
    : where_(url.without_query(options.hidden)),
      redactor_(url.target(), options.headers, options.subprotocols, options.hidden),
      subprotocols_(options.subprotocols),
      offers_deflate_(options.permessage_deflate.value_or(false)) {
    const std::string key = make_upgrade_key(random);
    accept_ = accept_for_key(key);
    request_ =
        "GET " + url.target() + " HTTP/1.1\r\nHost: " + url.authority() +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
        key + "\r\n";
    std::string offered;
    for (const auto& subprotocol : subprotocols_) offered += (offered.empty() ? "" : ", ") + subprotocol;
    if (!offered.empty()) request_ += "Sec-WebSocket-Protocol: " + offered + "\r\n";
    if (offers_deflate_)
        request_.append("Sec-WebSocket-Extensions: ").append(detail::kDeflateOffer) += "\r\n";
    for (const auto& header : options.headers) request_ += header.name + ": " + header.value + "\r\n";
    request_ += "\r\n";
}

UpgradeClient::Outcome UpgradeClient::feed(std::span<const std::byte> bytes, SystemTime now) {
    Outcome outcome;
    while (!head_done_) {
        std::size_t used = 0;
        const auto status = head_.feed(bytes.subspan(outcome.consumed), used);
        outcome.consumed += used;
        if (status == HttpHead::Status::need_more) return outcome;
        if (status == HttpHead::Status::done) {
            outcome.status = take_head(now);
        } else if (status == HttpHead::Status::too_large) {
            outcome.status = fail(Errc::upgrade_too_large, "the answer's headers exceed 16 KiB or 100 lines");
        } else {
            outcome.status = fail_malformed();
        }
        if (outcome.status != UpgradeStatus::need_more) return outcome;
    }
    const auto body = bytes.subspan(outcome.consumed);
    const std::size_t limit = is_chunked_ ? kChunkedExcerpt : kExcerpt;
    const std::size_t taken = std::min(body.size(), limit - std::min(limit, body_.size()));
    body_.append(reinterpret_cast<const char*>(body.data()), taken);
    outcome.consumed = bytes.size();
    body_left_ -= std::min(body_left_, body.size());
    if (is_chunked_) {
        const Chunks chunks = read_chunks(body_);
        if (!chunks.is_open || chunks.text.size() >= kExcerpt) body_left_ = 0;
    }
    if (body_left_ == 0) outcome.status = refuse();
    return outcome;
}

void UpgradeClient::end_of_stream() {
    std::ignore = head_done_
                      ? refuse()
                      : fail(Errc::upgrade_malformed,
                             "the server ended the connection before its answer was complete; is this a "
                             "WebSocket server, and is ws or wss right?");
}

UpgradeStatus UpgradeClient::fail(Errc code, const std::string& what) {
    error_ = {code, "the upgrade at " + where_ + " failed: " + what};
    return UpgradeStatus::failed;
}

UpgradeStatus UpgradeClient::fail_malformed() {
    if (parse_status(head_.start_line()) == 0)
        return fail(Errc::upgrade_malformed, "the answer is not HTTP/1.1; is this a WebSocket server?");
    return fail(Errc::upgrade_malformed,
                "the answer breaks HTTP: " + redactor_.redact(head_.fault()) + "; ask the server's operator");
}

UpgradeStatus UpgradeClient::take_head(SystemTime now) {
    http_status_ = parse_status(head_.start_line());
    if (http_status_ == 0) return fail_malformed();
    if (http_status_ == 101) return check_upgrade();
    if (http_status_ < 200) {  // an interim answer (RFC 9110 section 15.2)
        if (++interim_ > kMaxInterim)
            return fail(Errc::upgrade_too_large, "the server sends interim answers without end");
        head_ = HttpHead(HttpHead::Folding::to_space);
        return UpgradeStatus::need_more;
    }
    head_done_ = true;
    if (const auto retry_after = head_.single("Retry-After"))
        retry_after_ = detail::parse_retry_after(*retry_after, now);
    is_chunked_ = has_token(head_.joined("Transfer-Encoding"), "chunked");
    if (is_chunked_) {
        body_left_ = kChunkedExcerpt;
    } else if (const auto length = head_.single("Content-Length")) {
        std::size_t size = 0;
        std::from_chars(length->data(), length->data() + length->size(), size);
        body_left_ = std::min(size, kExcerpt);
    }
    return UpgradeStatus::need_more;
}

UpgradeStatus UpgradeClient::check_upgrade() {
    if (head_.start_line().starts_with("HTTP/1.0"))
        return fail(Errc::upgrade_malformed,
                    "the server answers 101 with HTTP/1.0, and an upgrade needs HTTP/1.1; does a proxy in "
                    "between speak HTTP/1.0?");
    if (!equal_ignoring_case(head_.single("Upgrade").value_or(""), "websocket") ||
        !has_token(head_.joined("Connection"), "upgrade"))
        return fail(Errc::upgrade_malformed,
                    "the server answers 101 but does not name the upgrade to websocket");
    const auto accept = head_.single("Sec-WebSocket-Accept");
    if (!accept || *accept != accept_)
        return fail(Errc::upgrade_bad_accept, head_.count("Sec-WebSocket-Accept") == 1
                                                  ? "Sec-WebSocket-Accept is not the answer to our key; does "
                                                    "something in between answer for the server?"
                                                  : "Sec-WebSocket-Accept is not there exactly once");
    if (const auto extensions = head_.joined("Sec-WebSocket-Extensions"); !is_blank(extensions)) {
        const auto refused = offers_deflate_ ? detail::refuse_deflate_answer(extensions)
                                             : "the server uses an extension, and none was offered";
        if (!refused.empty()) return fail(Errc::upgrade_bad_protocol, std::string(refused));
        is_compressed_ = true;
    }
    if (!is_blank(head_.joined("Sec-WebSocket-Protocol"))) {
        const auto chosen = head_.single("Sec-WebSocket-Protocol");
        if (!chosen || std::find(subprotocols_.begin(), subprotocols_.end(), *chosen) == subprotocols_.end())
            return fail(Errc::upgrade_bad_protocol, "the server chose a subprotocol that was not offered");
        subprotocol_ = *chosen;
    }
    return UpgradeStatus::done;
}

UpgradeStatus UpgradeClient::refuse() {
    std::string what = "the server answers HTTP " + std::to_string(http_status_);
    if (const auto location = head_.single("Location"); location && http_status_ < 400)
        what += ", a redirect to '" +
                detail::bounded_text(printable(redactor_.redact(public_url(*location))), kMaxLocation) +
                "', which is not followed; use that URL if it is right";
    const std::string excerpt = body_excerpt();
    if (!excerpt.empty()) what += ": " + excerpt;
    what += advice_for(http_status_);
    return fail(is_temporary(http_status_) ? Errc::upgrade_unavailable : Errc::upgrade_refused, what);
}

std::string UpgradeClient::body_excerpt() const {
    const std::string body = is_chunked_ ? read_chunks(body_).text : body_;
    std::string text = printable(redactor_.redact(body.substr(0, kExcerpt)));
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace pinwheel
