#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../proto/websocket/connection.h"
#include "../support/frames.h"

namespace pinwheel::conformance {

using namespace test;

/// The client's action in a case.
using Action = std::function<void(Connection&)>;

/// One scripted exchange: the server's bytes, and the client's required reaction. It is played as a whole,
/// byte by byte, and cut at every point. Each time the reaction must be the same.
struct Case {
    Case(std::string of_section, std::string called, std::string server, std::string hands_on,
         std::string sends, std::string ends_up)
        : section(std::move(of_section)),
          name(std::move(called)),
          received(std::move(hands_on)),
          sent(std::move(sends)),
          end(std::move(ends_up)),
          stages{{nullptr, std::move(server)}} {}

    std::string section;  ///< of RFC 6455
    std::string name;
    std::string received;  ///< the messages that the client delivers, and pongs: `text Hello; binary \xff`
    std::string sent;      ///< the frames that it sends: `pong hi; close 1002`
    std::string end;       ///< the state of the connection afterwards: kOpen, closed(), failed() ...

    /// The client acts once it is open, before the server sends.
    Case&& client(Action action) &&;
    /// Then the client acts or not, and the server sends more.
    Case&& then(Action action, std::string server) &&;
    /// The server ends the stream behind its bytes.
    Case&& and_ends_the_stream() &&;
    /// Replaces the accepting answer; `{accept}` in it stands for the accept key. It is cut as well.
    Case&& answered(std::string answer) &&;
    /// The client offers subprotocols.
    Case&& offering(std::vector<std::string> subprotocols) &&;
    /// The server sends one byte in each interval of this length.
    Case&& at_a_byte_every(Duration pace) &&;
    Case&& limited_to(std::size_t max_message_size) &&;
    /// The error contains this as well.
    Case&& saying(std::string part) &&;

    struct Stage {
        Action action;
        std::string server;
    };
    std::vector<Stage> stages;
    bool ends_stream = false;
    Duration pace{};
    std::optional<std::string> answer{};  ///< none: the accepting one, which is not cut
    std::string says{};
    ConnectionOptions options{.max_message_size = std::size_t{1} << 20};
};

using Cases = std::vector<Case>;

/// The connection is up.
inline const std::string kOpen = "open";
/// The client has begun to close and waits for the server's close frame.
inline const std::string kClosing = "closing";
/// The client closed, and the server has answered.
[[nodiscard]] std::string closed_by_client(unsigned code, std::string_view reason = {});
/// The server closed.
[[nodiscard]] std::string closed(unsigned code, std::string_view reason = {});
/// The client ended it with this error, after a close frame if the upgrade was done.
[[nodiscard]] std::string failed(Errc error);

/// A payload in the notation of `received` and `sent`: plain if it is short and printable, else its length,
/// its checksum and its beginning.
[[nodiscard]] std::string shown(std::string_view payload);

/// The text repeated `count` times.
[[nodiscard]] std::string times(std::size_t count, std::string_view text);

/// Sends from a case's action.
[[nodiscard]] Action send_text(std::string payload);
[[nodiscard]] Action send_binary(std::string payload);
[[nodiscard]] Action send_ping(std::string payload);
[[nodiscard]] Action close_with(std::uint16_t code, std::string reason = {});

// The sections, one file each.
[[nodiscard]] Cases handshake_answers();  // 4
[[nodiscard]] Cases handshake_attacks();  // 4, 10
[[nodiscard]] Cases masking();            // 5.1, 5.3
[[nodiscard]] Cases framing();            // 5.2
[[nodiscard]] Cases fragmentation();      // 5.4
[[nodiscard]] Cases control_frames();     // 5.5
[[nodiscard]] Cases data_frames();        // 5.6, 6
[[nodiscard]] Cases closing();            // 7
[[nodiscard]] Cases close_codes();        // 7.4
[[nodiscard]] Cases utf8();               // 8.1
[[nodiscard]] Cases limits();             // 10.4

/// All cases, in the order of the sections.
[[nodiscard]] Cases all_cases();

}  // namespace pinwheel::conformance
