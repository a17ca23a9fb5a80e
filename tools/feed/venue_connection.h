#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../proto/venue/send_pacer.h"
#include "venue_simulator.h"

namespace pinwheel {

/// One client of a simulated venue, from the upgrade to the cut. Frames come in, actions go out. Threading:
/// the simulator's.
class VenueConnection {
  public:
    /// Made by VenueSimulator::open() only.
    VenueConnection(VenueSimulator& venue, TimePoint now);
    ~VenueConnection();
    VenueConnection(const VenueConnection&) = delete;
    VenueConnection& operator=(const VenueConnection&) = delete;

    void on_text(std::string_view text, TimePoint now);
    /// A WebSocket ping, which the caller answers.
    void on_ping(TimePoint now);
    void on_pong(TimePoint now);

    /// The actions due by now. A close or a drop is the last one.
    [[nodiscard]] std::vector<VenueAction> take(TimePoint now);
    /// True if the venue refused the channel explicitly on this connection.
    [[nodiscard]] bool has_refused(std::string_view text, std::string_view symbol) const;

  private:
    friend class VenueSimulator;
    using Item = std::pair<std::string, std::string>;  // channel, symbol
    struct Request {
        std::string verb, id;
        std::vector<Item> items;
    };
    /// Deadlines; max: none.
    struct Clocks {
        TimePoint first_subscribe, idle, age, ping, pong, question, answer, heartbeat, trouble, cut;
    };

    void on_time(TimePoint now);
    [[nodiscard]] TimePoint deadline() const noexcept;
    void on_due(TimePoint now);
    void trouble(TimePoint now);
    void beat(TimePoint now);
    void send_data(ChannelId channel, bool is_snapshot, TimePoint now);

    /// Counts a client message. False if it broke a limit and the connection is cut.
    [[nodiscard]] bool count(SendKind kind, std::string_view id, TimePoint now);
    [[nodiscard]] bool read(std::string_view text, Request& out) const;
    [[nodiscard]] bool read(const RequestPatterns& patterns, std::string_view text, Request& out) const;
    [[nodiscard]] bool handle_verb(const Request& request, TimePoint now);
    void subscribe(const Request& request, TimePoint now);
    void unsubscribe(const Request& request, TimePoint now);
    [[nodiscard]] bool fits(const Request& request, const std::vector<ChannelId>& channels, TimePoint now);
    [[nodiscard]] bool refuses(ChannelId channel, const Item& item);
    [[nodiscard]] std::string list_of(const std::set<ChannelId>& channels) const;
    void reply(std::string_view shape, const Request& request, const Item& item, TimePoint now,
               const std::set<ChannelId>& listed);

    void say(std::string_view shape, ShapeValues values, TimePoint now);
    void push(VenueAction action, TimePoint now);
    void touch(TimePoint now) noexcept;
    void cut(VenueAction action, TimePoint now);
    [[nodiscard]] bool by_chance(double probability);

    VenueSimulator& venue_;
    const std::uint64_t index_;
    std::set<ChannelId> subscribed_;
    std::set<Item> refused_;
    std::map<ChannelId, int> losses_;      // of its requests and acknowledgements
    std::vector<ArrivalWindow> messages_;  // by message limit
    std::deque<std::pair<TimePoint, VenueAction>> actions_;
    Clocks clocks_;
    TimePoint held_until_{};
    TimePoint told_at_{};  // the time of the last sent text
    std::int64_t sequence_ = 0;
    std::int64_t beats_ = 0;
    bool over_ = false;
};

}  // namespace pinwheel
