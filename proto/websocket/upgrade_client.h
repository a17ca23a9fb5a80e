#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/random.h"
#include "../../net/http_head.h"
#include "redactor.h"
#include "url.h"

namespace pinwheel {

/// The client's additions to the upgrade request.
struct UpgradeOptions {
    /// Sent unchanged, in order. The headers of the upgrade itself are not allowed.
    std::vector<HttpHeader> headers{};
    /// In order of preference.
    std::vector<std::string> subprotocols{};
    /// Texts that errors, alerts and close reasons must not show, for example a short key in the URL's path.
    /// Path segments of at least 24 letters and digits are always hidden.
    std::vector<std::string> hidden{};
    /// True offers permessage-deflate (RFC 7692): the server may compress its messages. The client's own
    /// messages stay uncompressed. Not set: no.
    std::optional<bool> permessage_deflate{};
};

/// An error that names the invalid header (never its value) or subprotocol; ok if there is none.
[[nodiscard]] Error validate(const UpgradeOptions& options);

/// The progress of an upgrade.
enum class UpgradeStatus : std::uint8_t { need_more, done, failed };

/// The client's half of the upgrade (RFC 6455 section 4.1), without I/O: the request to send, and a strict
/// parser of the answer, which may come in pieces of any size.
class UpgradeClient {
  public:
    struct Outcome {
        UpgradeStatus status = UpgradeStatus::need_more;
        /// The number of used bytes of the answer. After done the rest are frames. With need_more all were
        /// used.
        std::size_t consumed = 0;
    };

    /// `options` must be valid.
    UpgradeClient(const Url& url, const UpgradeOptions& options, SecureRandom& random);

    [[nodiscard]] const std::string& request() const noexcept { return request_; }
    /// `now` is the reference of a Retry-After date. Must not be called after done or failed.
    [[nodiscard]] Outcome feed(std::span<const std::byte> bytes, SystemTime now);
    /// The stream ended before the answer was complete. The error shows the received part.
    void end_of_stream();

    /// After failed: the reason, with the HTTP status, the beginning of the body, and a redirect's target
    /// without user information and query. Secrets of the request are hidden, even if the server repeats
    /// them.
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    /// The head of a refusal has come. However the attempt ends now, it counts as that refusal.
    [[nodiscard]] bool refused() const noexcept { return head_done_; }
    /// 0 until a status line has come.
    [[nodiscard]] int http_status() const noexcept { return http_status_; }
    [[nodiscard]] std::optional<Duration> retry_after() const noexcept { return retry_after_; }
    /// After done: the server's selection; may be empty.
    [[nodiscard]] const std::string& subprotocol() const noexcept { return subprotocol_; }
    /// After done: the headers of the server's answer.
    [[nodiscard]] const std::vector<HttpHeader>& headers() const noexcept { return head_.headers(); }
    /// After done: the server may compress its messages.
    [[nodiscard]] bool is_compressed() const noexcept { return is_compressed_; }

  private:
    [[nodiscard]] UpgradeStatus fail(Errc code, const std::string& what);
    [[nodiscard]] UpgradeStatus fail_malformed();
    [[nodiscard]] UpgradeStatus take_head(SystemTime now);
    [[nodiscard]] UpgradeStatus check_upgrade();
    [[nodiscard]] UpgradeStatus refuse();
    [[nodiscard]] std::string body_excerpt() const;

    const std::string where_;
    const Redactor redactor_;
    const std::vector<std::string> subprotocols_;
    const bool offers_deflate_;
    std::string accept_;
    std::string request_;
    HttpHead head_{HttpHead::Folding::to_space};
    bool head_done_ = false;
    bool is_chunked_ = false;    // of the refusal
    std::size_t body_left_ = 0;  // of the part of a refusal's body that is read
    std::string body_;
    int http_status_ = 0;
    int interim_ = 0;  // the number of interim answers so far
    std::optional<Duration> retry_after_;
    std::string subprotocol_;
    bool is_compressed_ = false;
    Error error_;
};

}  // namespace pinwheel
