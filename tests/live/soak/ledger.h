#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../../core/record.h"

namespace pinwheel::test {

/// A message of the soak: the server's connection, the message's number there from 1, and its size. A
/// receiver detects missing, duplicated and truncated messages.
[[nodiscard]] std::string soak_message(std::uint64_t connection, std::uint64_t number, std::size_t filling);

/// The server's account of one of its connections.
struct ServedConnection {
    std::uint64_t id = 0;
    std::uint64_t sent = 0;
    bool closed_in_order = false;  ///< by a close frame behind the last message
    bool begun_one_more = false;   ///< the last message is broken; a full ring drops it like a complete one

    [[nodiscard]] std::string to_line() const;
    /// Throws std::runtime_error for any text that to_line() does not write.
    [[nodiscard]] static ServedConnection parse(std::string_view line);
};

/// Accounts for all records of a ring. At the end it checks that each message of the server was received once
/// and in order, or lies in a reported gap: a dropped record, or a disconnect. Threading: one thread.
/// Invariant: problems() is empty while every message is accounted for.
class Ledger {
  public:
    void book(const RecordHeader& record);
    /// Compares with all connections of the server, in the order of their ids. `failed_tries` of the client
    /// may have looked like connections to the server.
    void settle(const std::vector<ServedConnection>& served, std::uint64_t failed_tries);

    struct Totals {
        std::uint64_t connections = 0;
        std::uint64_t received = 0;
        std::uint64_t dropped = 0;        ///< reported by dropped records
        std::uint64_t sent = 0;           ///< by the server's count
        std::uint64_t cut_off = 0;        ///< lost between the last message and a disconnect
        std::uint64_t in_order_ends = 0;  ///< connections of which no message may be missing
        std::uint64_t bytes = 0;
    };
    [[nodiscard]] const Totals& totals() const noexcept { return totals_; }
    /// The first few, one line each.
    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  private:
    struct Entry {
        std::uint64_t accounted = 0;  // received or reported as dropped
        bool server_closed = false;
    };

    void book_message(const RecordHeader& record);
    void complain(const std::string& what);

    bool up_ = false;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;    // of the ring
    std::uint64_t connection_ = 0;  // the server's; 0: not yet identified
    std::uint64_t last_connection_ = 0;
    std::uint64_t accounted_ = 0;
    std::uint64_t nameless_ = 0;          // connections whose messages were all dropped
    std::uint64_t nameless_dropped_ = 0;  // the number of those messages
    std::map<std::uint64_t, Entry> entries_;
    Totals totals_;
    std::vector<std::string> problems_;
};

}  // namespace pinwheel::test
