#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../net/http_head.h"

namespace pinwheel {

/// The text with a space for each control character, so that it can neither break a line of a log nor speak
/// to a terminal.
[[nodiscard]] std::string one_line(std::string_view text);

/// A URL's path with a mark for each segment of 24 and more letters and digits, where venues put keys, and
/// for each text of `hidden`.
[[nodiscard]] std::string hide_path_keys(std::string_view path, std::span<const std::string> hidden = {});

/// Takes the secrets that this side has sent out of what the peer says, since a server may send them back: in
/// the page that refuses an upgrade, in a redirect, in a close reason. Secrets are the query and its values,
/// as they are and percent-decoded, the keys in the path, the values of extra headers, the long words in
/// them, subprotocols, and what an option names. A peer that writes them in yet another form gets through,
/// and so do secrets of fewer than four characters. Threading: one thread. Allocates: at construction and in
/// each call.
class Redactor {
  public:
    static constexpr std::size_t kShortest = 4;
    static constexpr std::string_view kMark = "[hidden]";

    Redactor() = default;
    /// `target` is the request's: its query and the keys in its path count. `hidden`: further secrets.
    Redactor(std::string_view target, const std::vector<HttpHeader>& headers,
             const std::vector<std::string>& subprotocols, const std::vector<std::string>& hidden = {});

    /// The text with a mark for each secret, and for the beginning of one at its end, where it may have been
    /// cut.
    [[nodiscard]] std::string redact(std::string_view text) const;

  private:
    void add_query(std::string_view query);
    void add(std::string_view secret);

    std::vector<std::string> secrets_;  // the longest first
};

}  // namespace pinwheel
