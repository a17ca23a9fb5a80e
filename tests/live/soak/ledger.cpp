#include "ledger.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "../../../proto/policy/disconnect_reason.h"

namespace pinwheel::test {
namespace {

constexpr std::size_t kProblemsKept = 20;
constexpr std::string_view kFilling = "\u00e4\u20ac\U0001f600 soak ";

/// The next number and the text behind it, past one blank.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return number;
}

std::string_view filling_of(std::size_t size) {
    static const std::string all = [] {
        std::string text;
        while (text.size() < std::size_t{1} << 20) text += kFilling;
        return text;
    }();
    return std::string_view(all).substr(0, size / kFilling.size() * kFilling.size());
}

}  // namespace

std::string soak_message(std::uint64_t connection, std::uint64_t number, std::size_t filling) {
    const auto text = filling_of(filling);
    std::string message =
        std::to_string(connection) + ' ' + std::to_string(number) + ' ' + std::to_string(text.size()) + ' ';
    return message.append(text);
}

std::string ServedConnection::to_line() const {
    return std::to_string(id) + ' ' + std::to_string(sent) + (closed_in_order ? " 1 " : " 0 ") +
           (begun_one_more ? "1 " : "0 ");
}

ServedConnection ServedConnection::parse(std::string_view line) {
    const auto id = take_number(line), sent = take_number(line), in_order = take_number(line),
               one_more = take_number(line);
    if (!id || !sent || !in_order || !one_more)
        throw std::runtime_error("the server's account cannot be read");
    return {.id = *id, .sent = *sent, .closed_in_order = *in_order == 1, .begun_one_more = *one_more == 1};
}

void Ledger::complain(const std::string& what) {
    if (problems_.size() < kProblemsKept)
        problems_.push_back("generation " + std::to_string(generation_) + ", connection " +
                            std::to_string(connection_) + ": " + what);
}

void Ledger::book(const RecordHeader& record) {
    switch (record.kind) {
        case RecordKind::connected:
            if (up_) complain("connected again without a disconnect");
            if (record.generation != generation_ + 1)
                complain("generation " + std::to_string(record.generation) + " is next");
            up_ = true;
            generation_ = record.generation;
            connection_ = accounted_ = 0;
            ++totals_.connections;
            return;
        case RecordKind::disconnected: {
            if (!up_) complain("disconnected without being connected");
            up_ = false;
            const auto reason = static_cast<DisconnectReason>(record.reason);
            if (connection_ != 0)
                entries_[connection_] = {accounted_, reason == DisconnectReason::server_closed};
            else if (accounted_ > 0) {
                ++nameless_;
                nameless_dropped_ += accounted_;
            }
            return;
        }
        case RecordKind::dropped:
            accounted_ += record.count;
            sequence_ += record.count;
            totals_.dropped += record.count;
            return;
        case RecordKind::message:
            return book_message(record);
        case RecordKind::gap:
        case RecordKind::channel_state:
        case RecordKind::leg_state:
            return complain("a record of a feed in the ring of a session");
    }
}

void Ledger::book_message(const RecordHeader& record) {
    if (!up_ || record.generation != generation_) complain("a message outside of its connection");
    if (record.sequence != ++sequence_)
        complain("record " + std::to_string(record.sequence) + " came where " + std::to_string(sequence_) +
                 " was next");
    sequence_ = record.sequence;
    const auto payload = record.payload();
    std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const auto connection = take_number(text), number = take_number(text), size = take_number(text);
    if (!connection || !number || !size || *size != text.size() || text != filling_of(*size))
        return complain("a message came damaged");
    if (connection_ == 0) {
        connection_ = *connection;
        if (connection_ <= last_connection_) complain("an old connection's message");
        last_connection_ = connection_;
    }
    if (*connection != connection_) complain("a message of connection " + std::to_string(*connection));
    if (*number != ++accounted_)
        complain("message " + std::to_string(*number) + " came where " + std::to_string(accounted_) +
                 " was next");
    accounted_ = *number;
    ++totals_.received;
    totals_.bytes += payload.size();
}

void Ledger::settle(const std::vector<ServedConnection>& served, std::uint64_t failed_tries) {
    std::uint64_t unseen = 0;
    std::uint64_t unseen_in_order = 0;
    for (ServedConnection one : served) {
        const auto at = entries_.find(one.id);
        if (at != entries_.end() && one.begun_one_more && at->second.accounted == one.sent + 1) ++one.sent;
        totals_.sent += one.sent;
        if (at == entries_.end()) {
            unseen += one.sent;
            if (one.closed_in_order && one.sent > 0) ++unseen_in_order;
            continue;
        }
        const Entry& entry = at->second;
        generation_ = 0;
        connection_ = one.id;
        if (entry.accounted > one.sent)
            complain(std::to_string(entry.accounted) + " messages came of " + std::to_string(one.sent));
        else
            totals_.cut_off += one.sent - entry.accounted;
        if (!one.closed_in_order || !entry.server_closed) continue;
        ++totals_.in_order_ends;
        if (entry.accounted != one.sent)
            complain("closed in order, but " + std::to_string(one.sent - entry.accounted) + " of " +
                     std::to_string(one.sent) + " messages are missing");
    }
    connection_ = generation_ = 0;
    // Dropped messages of an unidentified connection do not count as cut off.
    if (nameless_dropped_ > unseen)
        complain(std::to_string(nameless_dropped_) + " messages were dropped of " + std::to_string(unseen));
    totals_.cut_off += unseen - std::min(nameless_dropped_, unseen);
    if (unseen_in_order > nameless_ + failed_tries)
        complain(std::to_string(unseen_in_order) +
                 " connections were served and closed in order, but never seen");
}

}  // namespace pinwheel::test
