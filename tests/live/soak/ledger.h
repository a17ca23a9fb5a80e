#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../../core/record.h"

namespace pinwheel::test {

/// A message of the soak: which connection of the server it belongs to, its number there from 1, and its own
/// size, so that a receiver sees what is missing, doubled or cut.
[[nodiscard]] std::string soak_message(std::uint64_t connection, std::uint64_t number, std::size_t filling);

/// What the server says of one of its connections.
struct ServedConnection {
    std::uint64_t id = 0;
    std::uint64_t sent = 0;
    bool closed_in_order = false;  ///< by a close frame behind the last message
    bool begun_one_more = false;   ///< the last message is broken; a full ring drops it like a whole one

    [[nodiscard]] std::string to_line() const;
    /// Throws std::runtime_error for anything but what to_line() writes.
    [[nodiscard]] static ServedConnection parse(std::string_view line);
};

/// Books what comes out of a ring, record by record, and checks at the end that each message the server sent
/// was received once and in order, or lies in a gap that was reported: a dropped record, or a disconnect.
/// Threading: one thread. Invariant: problems() is empty while every message is accounted for.
class Ledger {
  public:
    void book(const RecordHeader& record);
    /// Compares with all connections that the server had, in the order of their ids. `failed_tries` of the
    /// client may have looked like a connection to the server.
    void settle(const std::vector<ServedConnection>& served, std::uint64_t failed_tries);

    struct Totals {
        std::uint64_t connections = 0;
        std::uint64_t received = 0;
        std::uint64_t dropped = 0;        ///< told by dropped records
        std::uint64_t sent = 0;           ///< as the server counts
        std::uint64_t cut_off = 0;        ///< behind the last message before a disconnect
        std::uint64_t in_order_ends = 0;  ///< connections of which not one message may be missing
        std::uint64_t bytes = 0;
    };
    [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
    /// The first few, one line each.
    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  private:
    struct Entry {
        std::uint64_t accounted = 0;  // received or told as dropped
        bool server_closed = false;
    };

    void book_message(const RecordHeader& record);
    void complain(const std::string& what);

    bool up_ = false;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;    // of the ring
    std::uint64_t connection_ = 0;  // the server's; 0: no message has told yet
    std::uint64_t last_connection_ = 0;
    std::uint64_t accounted_ = 0;
    std::uint64_t nameless_ = 0;          // connections of which every message was dropped
    std::uint64_t nameless_dropped_ = 0;  // how many those were
    std::map<std::uint64_t, Entry> entries_;
    Totals totals_;
    std::vector<std::string> problems_;
};

}  // namespace pinwheel::test
