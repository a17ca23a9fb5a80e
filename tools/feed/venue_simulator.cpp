#include "venue_simulator.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "../../proto/websocket/limit_table.h"
#include "profile_shapes.h"
#include "venue_connection.h"

namespace pinwheel {
namespace {

constexpr std::size_t kMostChannels = 20'000;
constexpr int kSwitching = 101;
constexpr int kDataATurn = 10'000;  // messages; the rest comes in later turns
constexpr std::int64_t kFirstNumber = 1'000'000;

/// Null for a venue whose shapes are known.
std::unique_ptr<const ProfileShapes> derive_shapes(const VenueProfile& profile) {
    return find_shapes(profile.name()) == nullptr ? std::make_unique<const ProfileShapes>(profile) : nullptr;
}

Duration interval_of(const SimulationOptions& options) {
    if (options.rate <= 0) return Duration::max();
    const Duration shortest = options.by_clock ? Duration{std::chrono::microseconds{1}} : Duration{1};
    return std::max(detail::duration_of(1 / options.rate), shortest);
}

std::string upper(std::string text) {
    for (char& byte : text)
        if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 32);
    return text;
}

/// The symbol in a venue's own text: the part at the pattern's star, without levels and intervals.
std::string symbol_of(const ChannelEntry& entry) {
    if (!entry.wire_symbol.empty()) return entry.wire_symbol;
    for (const auto& pattern : entry.kind->matches) {
        const auto star = pattern.find('*');
        if (!detail::matches_pattern(entry.text, pattern) || star == std::string::npos) continue;
        const auto rest = pattern.find('*', star + 1) == std::string::npos ? pattern.size() - star - 1 : 0;
        std::string symbol = entry.text.substr(star, entry.text.size() - rest - star);
        if (const auto at = symbol.find('@'); at != std::string::npos) symbol.resize(at);
        std::string longest;
        for (std::size_t begin = 0; begin <= symbol.size();) {
            const auto end = std::min(symbol.find('.', begin), symbol.size());
            if (end - begin > longest.size()) longest = symbol.substr(begin, end - begin);
            begin = end + 1;
        }
        return longest;
    }
    return entry.symbol;
}

}  // namespace

bool ArrivalWindow::arrive(TimePoint now) {
    while (!times_.empty() && now - times_.front() >= window_) times_.pop_front();
    times_.push_back(now);
    return times_.size() <= count_;
}

VenueSimulator::VenueSimulator(const VenueProfile& profile, const SimulationOptions& options,
                               OnViolation hear)
    : profile_(profile),
      data_(profile_.data()),
      derived_(derive_shapes(profile_)),
      shapes_(derived_ ? derived_->shapes() : *find_shapes(profile_.name())),
      options_(options),
      hear_(hear),
      random_(options.seed),
      channels_(profile_),
      interval_(interval_of(options)),
      book_(options.seed) {
    for (const auto& limit : data_.connect_limits)
        connects_.emplace_back(limit.rate.count, limit.rate.window);
    for (const auto& limit : data_.message_limits)
        shared_messages_.emplace_back(limit.rate.count, limit.rate.window);
}

VenueSimulator::~VenueSimulator() = default;

void VenueSimulator::violate(std::string what, TimePoint now) {
    violations_.push_back({now, std::move(what)});
    if (hear_) hear_(violations_.back());
}

int VenueSimulator::admit(TimePoint now) {
    ++counts_.connects;
    if (now < banned_until_) {
        ++counts_.refused_connects;
        return shapes_.refused_connect;
    }
    bool fits = true;
    for (std::size_t i = 0; i < connects_.size(); ++i) {
        if (connects_[i].arrive(now)) continue;
        const auto& rate = data_.connect_limits[i].rate;
        violate("more than " + std::to_string(rate.count) + " connects in " +
                    std::to_string(rate.window / std::chrono::milliseconds{1}) + " ms",
                now);
        fits = false;
    }
    if (shapes_.max_connections != 0 && connections_.size() >= shapes_.max_connections) {
        violate("more than " + std::to_string(shapes_.max_connections) + " connections", now);
        fits = false;
    }
    if (fits) return kSwitching;
    ++counts_.refused_connects;
    if (shapes_.ban > Duration::zero()) banned_until_ = now + shapes_.ban;
    return shapes_.refused_connect;
}

std::unique_ptr<VenueConnection> VenueSimulator::open(TimePoint now) {
    auto connection = std::make_unique<VenueConnection>(*this, now);
    connections_.push_back(connection.get());
    return connection;
}

void VenueSimulator::forget(VenueConnection& connection) noexcept {
    std::erase(connections_, &connection);
    active_changed_ = true;
}

ChannelId VenueSimulator::find(std::string_view channel, std::string_view symbol) {
    if (const ChannelId known = channels_.find(channel, symbol); known != kNoChannel) return known;
    if (channels_.size() >= kMostChannels) return kNoChannel;
    const auto added = channels_.add(channel, symbol);
    if (!added) return kNoChannel;
    numbers_.resize(channels_.size(), {.last = kFirstNumber});
    return *added;
}

const ChannelShape* VenueSimulator::shape_of(ChannelId channel) const noexcept {
    return find_channel_shape(shapes_, channels_[channel].kind->name);
}

std::int64_t VenueSimulator::unix_us(TimePoint now) const noexcept {
    return (now.time_since_epoch() + options_.unix_offset) / std::chrono::microseconds{1};
}

ShapeValues VenueSimulator::time_values(TimePoint now) const {
    const std::int64_t us = unix_us(now);
    const auto seconds = static_cast<std::time_t>(us / 1'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> whole{};
    const std::size_t size = std::strftime(whole.data(), whole.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 16> part{};
    std::snprintf(part.data(), part.size(), ".%06dZ", static_cast<int>(us % 1'000'000));
    return {{"s", std::to_string(us / 1'000'000)},
            {"ms", std::to_string(us / 1'000)},
            {"us", std::to_string(us)},
            {"iso", std::string(whole.data(), size) + part.data()}};
}

ShapeValues VenueSimulator::values_of(ChannelId channel, bool is_snapshot, TimePoint now) const {
    ShapeValues values = time_values(now);
    const ChannelEntry& entry = channels_[channel];
    const Number& number = numbers_[channel];
    const auto add = [&](std::string_view name, std::string value) {
        values.emplace_back(name, std::move(value));
    };
    const std::int64_t cents = 6'400'000 + number.last % 1000;
    std::string symbol = symbol_of(entry);
    add("channel", entry.text);
    add("number", std::to_string(kFirstChannelNumber + channel));
    add("upper", upper(symbol));
    add("symbol", std::move(symbol));
    add("first", std::to_string(number.first));
    add("last", std::to_string(number.last));
    add("previous", std::to_string(number.previous));
    add("price", price_text(cents));
    add("bid", price_text(cents - 1));
    add("ask", price_text(cents + 1));
    add("size", "0." + std::to_string(1 + number.last % 9));
    add("side", number.last % 2 == 0 ? "buy" : "sell");
    if (const auto level = shape_of(channel)->level; !level.empty())
        for (const bool bids : {false, true})
            add(bids ? "bids" : "asks",
                is_snapshot ? book_.side(number.tick, bids, level) : book_.change(number.tick, bids, level));
    return values;
}

void VenueSimulator::advance(ChannelId channel, TimePoint now) {
    Number& number = numbers_[channel];
    const ChannelShape* const shape = shape_of(channel);
    const bool is_dense = channels_[channel].kind->sequence.kind == SequenceKind::contiguous;
    const bool is_single = is_dense && !shape->is_batched;
    ++number.tick;
    number.previous = number.last;
    number.first = number.last + 1;
    number.last = shape->is_by_time
                      ? std::max(number.last + 1, unix_us(now))
                      : number.last + 1 + (is_single ? 0 : static_cast<std::int64_t>(random_.below(4)));
}

std::int64_t VenueSimulator::tick_at(TimePoint now) const noexcept {
    return (now.time_since_epoch() + options_.unix_offset) / interval_;
}

TimePoint VenueSimulator::time_of(std::int64_t tick) const noexcept {
    return TimePoint{tick * interval_ - options_.unix_offset};
}

VenueSimulator::Number VenueSimulator::number_at(ChannelId channel, std::int64_t tick) const {
    constexpr std::int64_t kStep = 4;
    const ChannelShape* const shape = shape_of(channel);
    const bool is_dense = channels_[channel].kind->sequence.kind == SequenceKind::contiguous;
    const auto last_at = [&](std::int64_t at) {
        if (shape->is_by_time) return at * interval_ / std::chrono::microseconds{1};
        if (is_dense && !shape->is_batched) return at;
        return at * kStep + static_cast<std::int64_t>(mixed(options_.seed, at) % kStep);
    };
    Number number{.last = last_at(tick), .previous = last_at(tick - 1), .tick = tick};
    number.first = number.previous + 1;
    return number;
}

void VenueSimulator::join_clock(ChannelId channel, TimePoint now) {
    if (!options_.by_clock || options_.rate <= 0) return;
    if (active_changed_) count_channels();
    if (active_.empty()) tick_ = tick_at(now);
    if (!std::binary_search(active_.begin(), active_.end(), channel))
        numbers_[channel] = number_at(channel, tick_);
}

void VenueSimulator::count_channels() {
    active_changed_ = false;
    active_.clear();
    for (const VenueConnection* const connection : connections_)
        for (const ChannelId channel : connection->subscribed_)
            if (const auto* const shape = shape_of(channel); shape != nullptr && !shape->update.empty())
                active_.push_back(channel);
    std::sort(active_.begin(), active_.end());
    active_.erase(std::unique(active_.begin(), active_.end()), active_.end());
}

void VenueSimulator::publish(TimePoint now) {
    if (active_changed_) count_channels();
    if (active_.empty() || options_.rate <= 0) {
        next_data_ = TimePoint::max();
        return;
    }
    if (options_.by_clock) return publish_by_clock(now);
    if (next_data_ == TimePoint::max()) next_data_ = time_after(now, interval_);
    for (int i = 0; i < kDataATurn && next_data_ <= now; ++i) {
        const ChannelId channel = active_[random_.below(active_.size())];
        advance(channel, now);
        send(channel, now);
        next_data_ = time_after(next_data_, interval_);
    }
}

void VenueSimulator::publish_by_clock(TimePoint now) {
    const std::int64_t until = tick_at(now);
    for (int i = 0; i < kDataATurn && tick_ < until; ++i) {
        ++tick_;
        for (const ChannelId channel : active_) {
            numbers_[channel] = number_at(channel, tick_);
            send(channel, time_of(tick_));
        }
    }
    next_data_ = time_after(time_of(tick_), interval_);
}

void VenueSimulator::send(ChannelId channel, TimePoint now) {
    for (VenueConnection* const connection : connections_)
        if (connection->subscribed_.contains(channel)) connection->send_data(channel, false, now);
}

void VenueSimulator::on_time(TimePoint now) {
    publish(now);
    for (VenueConnection* const connection : connections_) connection->on_time(now);
}

TimePoint VenueSimulator::deadline() const noexcept {
    TimePoint next = active_changed_ ? TimePoint::min() : next_data_;
    for (const VenueConnection* const connection : connections_)
        next = std::min(next, connection->deadline());
    return next;
}

}  // namespace pinwheel
