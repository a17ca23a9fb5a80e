#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../net/http_head.h"

namespace pinwheel {

/// The text with a space for each control character, so that it cannot break a line of a log or control a
/// terminal.
[[nodiscard]] std::string one_line(std::string_view text);

/// A URL's path with a mark for each segment of at least 24 letters and digits, where venues put keys, and
/// for each text of `hidden`.
[[nodiscard]] std::string hide_path_keys(std::string_view path, std::span<const std::string> hidden = {});

/// A URL, or the target of a redirect, for messages: with the host in full, without user, password, query and
/// fragment, and with a mark for each key in the path.
[[nodiscard]] std::string public_url(std::string_view url, std::span<const std::string> hidden = {});

/// Removes this side's secrets from texts of the peer. A server may repeat them in the page that refuses an
/// upgrade, in a redirect, or in a close reason. Secrets are: the query and its values, plain and
/// percent-decoded, the keys in the path, the values of extra headers and the long words in them,
/// subprotocols, and the texts of an option. Secrets in any other encoding, and those of fewer than four
/// characters, are not found. Threading: one thread. Allocates: at construction and in each call.
class Redactor {
  public:
    static constexpr std::size_t kShortest = 4;
    static constexpr std::string_view kMark = "[hidden]";

    Redactor() = default;
    /// `target` is the request's target: its query and the keys in its path are secrets. `hidden`: further
    /// secrets.
    Redactor(std::string_view target, const std::vector<HttpHeader>& headers,
             const std::vector<std::string>& subprotocols, const std::vector<std::string>& hidden = {});

    /// The text with a mark for each secret, and for the beginning of a secret at its end, where it may have
    /// been cut.
    [[nodiscard]] std::string redact(std::string_view text) const;

  private:
    void add_query(std::string_view query);
    void add(std::string_view secret);

    std::vector<std::string> secrets_;  // the longest first
};

}  // namespace pinwheel
