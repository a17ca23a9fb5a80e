// Each state with each event. The table is in session_table.h.

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../../../proto/policy/session_fsm.h"
#include "session_table.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using E = SessionEvent;

constexpr TimePoint kStart{1h};
/// Events of the table happen at this time after the state was entered. In the open state one ping is then
/// unanswered, and the next one is due.
constexpr Duration kLater = 40s;

SessionOptions options(ReconnectStrategy strategy = ReconnectStrategy::exponential_backoff) {
    return {.has_should_disconnect = true,
            .has_should_reconnect = true,
            .reconnect = {.strategy = strategy, .jitter = 0},
            .keepalive = {.interval = 20s, .timeout = 30s},
            .window = {.disconnect_check_interval = 1h, .connection_lifetime = 24h}};
}

SessionFsm after(const SessionOptions& options, std::initializer_list<SessionEvent::Any> events) {
    SessionFsm fsm(options);
    for (const auto& event : events) std::ignore = fsm.on(event, kStart);
    return fsm;
}

const E::TransportEnded kReset{.error = Errc::connection_reset};

/// The states of the table, each reached by events.
SessionFsm make_state(const std::string& name) {
    const auto usual = options();
    const auto asking = options(ReconnectStrategy::callback_controlled);
    auto limited = usual;
    limited.has_should_reconnect = false;
    if (name == "idle") return after(usual, {});
    if (name == "connecting") return after(usual, {E::Connect{}});
    if (name == "backoff") return after(usual, {E::Connect{}, kReset});
    if (name == "window") return after(asking, {E::Connect{}, kReset});
    if (name == "open") {
        auto fsm =
            after(usual, {E::Connect{}, kReset, E::BackoffDue{}, E::TransportUp{}, E::ConnectHandled{}});
        std::ignore = fsm.on(E::KeepaliveDue{}, kStart + 20s);
        return fsm;
    }
    if (name == "connecting*") return after(usual, {E::Connect{}, E::TransportUp{}, kReset, E::BackoffDue{}});
    if (name == "backoff*") return after(usual, {E::Connect{}, E::TransportUp{}, kReset});
    if (name == "window*") return after(asking, {E::Connect{}, E::TransportUp{}, kReset});
    if (name == "closing/none") return after(usual, {E::Connect{}, E::TransportUp{}, E::Close{}});
    if (name == "closing/now") return after(limited, {E::Connect{}, E::TransportUp{}, E::LifetimeDue{}});
    if (name == "closing/delay")
        return after(usual, {E::Connect{}, E::TransportUp{}, E::ScheduleReconnect{9s}});
    if (name == "closing/window")
        return after(usual, {E::Connect{}, E::TransportUp{}, E::DisconnectAsked{true}});
    if (name == "closing/connect")
        return after(usual, {E::Connect{}, E::TransportUp{}, E::Close{}, E::Connect{}});
    if (name == "closing/never") return after(usual, {E::Connect{}, E::TransportUp{}, E::Shutdown{}});
    if (name == "closed") return after(usual, {E::ForceClose{}});
    ADD_FAILURE() << "no state " << name;
    return after(usual, {});
}

const std::vector<std::string> kStates{
    "idle",          "connecting",     "backoff",         "window",        "open",
    "connecting*",   "backoff*",       "window*",         "closing/none",  "closing/now",
    "closing/delay", "closing/window", "closing/connect", "closing/never", "closed"};

struct NamedEvent {
    std::string name;
    SessionEvent::Any event;
    Duration later = kLater;
};

constexpr std::byte kFirstPing[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                                    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};

const std::vector<std::string> kChannels{"trades"};

const std::vector<NamedEvent> kEvents{
    {"connect", E::Connect{}},
    {"request_disconnect", E::RequestDisconnect{}},
    {"request_disconnect, reconnect after 5 s", E::RequestDisconnect{.reconnect_after = 5s}},
    {"schedule_reconnect in 5 s", E::ScheduleReconnect{5s}},
    {"schedule_reconnect now", E::ScheduleReconnect{0s}},
    {"close", E::Close{}},
    {"kill", E::Kill{}},
    {"shutdown", E::Shutdown{}},
    {"force_close", E::ForceClose{}},
    {"subscribe", E::Subscribe{kChannels}},
    {"unsubscribe", E::Unsubscribe{kChannels}},
    {"up", E::TransportUp{}},
    {"connect_handled", E::ConnectHandled{}},
    {"ended: close handshake done", E::TransportEnded{.close_code = 1000}},
    {"ended: reset", kReset},
    {"ended: closed by the peer with 1001",
     E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1001}},
    {"ended: closed by the peer with 1013",
     E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1013}},
    {"ended: HTTP 403", E::TransportEnded{.error = Errc::upgrade_refused, .http_status = 403}},
    {"ended: HTTP 503, Retry-After 90 s",
     E::TransportEnded{.error = Errc::upgrade_unavailable, .http_status = 503, .retry_after = 90s}},
    {"pong, asked for", E::Pong{kFirstPing}},
    {"pong, unasked", E::Pong{}},
    {"pongs_held_up", E::PongsHeldUp{}},
    {"backoff_due", E::BackoffDue{}},
    {"should_reconnect: no", E::WindowAsked{false}},
    {"should_reconnect: yes", E::WindowAsked{true}},
    {"should_reconnect: after 7 s", E::WindowAsked{7s}},
    {"should_disconnect: no", E::DisconnectAsked{false}},
    {"should_disconnect: yes", E::DisconnectAsked{true}},
    {"lifetime_due", E::LifetimeDue{}},
    {"stable_due", E::StableDue{}},
    {"keepalive_due, in time", E::KeepaliveDue{}},
    {"keepalive_due, pong missing", E::KeepaliveDue{}, 50s},
    {"keepalive_due, pong missing, more to read", E::KeepaliveDue{.all_read = false}, 50s},
};

/// A cell of the table: the next state for the user and in the machine, the tries taken if they changed, and
/// the effects.
std::string outcome(const std::string& state, const NamedEvent& row) {
    SessionFsm fsm = make_state(state);
    const auto shown = [&fsm] {
        std::string text = std::string(to_string(fsm.connection_state()));
        text += " " + std::string(to_string(fsm.state()));
        if (fsm.state() == SessionState::closing) text += "/" + std::string(to_string(fsm.resume()));
        return text;
    };
    const std::string before = shown();
    const auto tries = fsm.tries();
    const TimePoint now = kStart + row.later;
    std::string effects;
    for (const auto& effect : fsm.on(row.event, now))
        effects += (effects.empty() ? "" : ", ") + to_string(effect, now);
    const bool stays = shown() == before && fsm.tries() == tries;
    if (stays && effects.empty()) return "ignored";
    std::string text = stays ? "stays" : shown();
    if (fsm.tries() != tries) text += ", tries " + std::to_string(fsm.tries());
    return text + (effects.empty() ? "" : ": " + effects);
}

using Cells = std::map<std::pair<std::string, std::string>, std::string>;  // event and state → outcome

[[nodiscard]] std::vector<std::string> split(const std::string& text, const std::string& at) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find(at, begin)) != std::string::npos; begin = end + at.size())
        parts.push_back(text.substr(begin, end - begin));
    parts.push_back(text.substr(begin));
    return parts;
}

/// Reads the table: names of events at the margin, separated by ` | `, below them `states -> outcome`.
/// `closing` stands for all plans of closing. Deeper indented lines continue the line before.
Cells read_table(const std::string& text) {
    Cells cells;
    std::vector<std::string> events;
    std::istringstream lines(text);
    std::vector<std::string> joined;
    for (std::string line; std::getline(lines, line);) {
        const auto indent = line.find_first_not_of(' ');
        if (indent == std::string::npos) continue;
        if (indent > 4)
            joined.back() += " " + line.substr(indent);
        else
            joined.push_back(line);
    }
    for (const auto& line : joined) {
        if (line.front() != ' ') {
            events = split(line, " | ");
            continue;
        }
        const auto arrow = line.find(" -> ");
        std::istringstream names(line.substr(0, arrow));
        for (std::string name; names >> name;)
            for (const auto& state : kStates) {
                if (state != name && !(name == "closing" && state.starts_with("closing/"))) continue;
                for (const auto& event : events)
                    EXPECT_TRUE(cells.emplace(std::pair(event, state), line.substr(arrow + 4)).second)
                        << event << " stands twice for " << state;
            }
    }
    return cells;
}

TEST(States, EachEventInEachStateFollowsTheTable) {
    Cells cells = read_table(kSessionTable);
    for (const auto& row : kEvents)
        for (const auto& state : kStates) {
            const auto cell = cells.extract(std::pair(row.name, state));
            ASSERT_FALSE(cell.empty()) << "the table lacks " << row.name << " in " << state;
            EXPECT_EQ(outcome(state, row), cell.mapped()) << row.name << " in " << state;
        }
    EXPECT_TRUE(cells.empty()) << "the table has a cell too much: " << cells.begin()->first.first;
}

}  // namespace
}  // namespace pinwheel
