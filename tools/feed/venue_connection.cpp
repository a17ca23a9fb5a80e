#include "venue_connection.h"

#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "../../proto/text/json_writer.h"
#include "../../proto/venue/message_template.h"
#include "../../proto/websocket/close_code.h"
#include "request_patterns.h"

namespace pinwheel {

using namespace std::chrono_literals;
using detail::Confirms;
using Kind = VenueAction::Kind;

namespace {

using Element = simdjson::dom::element;

constexpr double kLostRequests = 0.05, kLostAcks = 0.1, kRefusals = 0.05, kLostData = 0.002;
/// So that a client that asks at the right rate gets through.
constexpr int kMostLosses = 1;

std::string text_at(Element root, std::string_view pointer) {
    Element value;
    std::string_view text;
    if (pointer.empty() || root.at_pointer(pointer).get(value) != simdjson::SUCCESS) return {};
    if (value.get(text) == simdjson::SUCCESS) return std::string(text);
    return simdjson::minify(value);
}

TimePoint after(TimePoint now, Duration delay) noexcept {
    return delay > Duration::zero() ? now + delay : TimePoint::max();
}

std::string milliseconds(Duration time) {
    return std::to_string(time / 1ms) + " ms";
}

}  // namespace

VenueConnection::VenueConnection(VenueSimulator& venue, TimePoint now)
    : venue_(venue), index_(venue.counts_.connects), told_at_(now) {
    const auto& data = venue_.data_;
    for (const auto& limit : data.message_limits) messages_.emplace_back(limit.rate.count, limit.rate.window);
    clocks_ = {.first_subscribe = after(now, data.first_subscribe),
               .idle = after(now, venue_.shapes_.idle),
               .age = after(now, data.lifetime),
               .ping = after(now, data.server_ping),
               .pong = TimePoint::max(),
               .question = TimePoint::max(),
               .answer = TimePoint::max(),
               .heartbeat = TimePoint::max(),
               .trouble = TimePoint::max(),
               .cut = TimePoint::max()};
    if (venue_.shapes_.requests != nullptr && !venue_.shapes_.question.empty())
        clocks_.question = now + venue_.shapes_.question_interval;
    sequence_ = data.connection_starts_at.value_or(0);
    if (venue_.options_.faults) trouble(now);
    if (!venue_.shapes_.greeting.empty()) say(venue_.shapes_.greeting, {}, now);
}

VenueConnection::~VenueConnection() {
    venue_.forget(*this);
}

bool VenueConnection::by_chance(double probability) {
    return venue_.options_.faults && venue_.random_.unit() < probability;
}

bool VenueConnection::has_refused(std::string_view text, std::string_view symbol) const {
    return refused_.contains({std::string(text), std::string(symbol)});
}

void VenueConnection::push(VenueAction action, TimePoint now) {
    if (!over_) actions_.emplace_back(std::max(now, held_until_), std::move(action));
}

std::vector<VenueAction> VenueConnection::take(TimePoint now) {
    std::vector<VenueAction> due;
    while (!actions_.empty() && actions_.front().first <= now) {
        due.push_back(std::move(actions_.front().second));
        actions_.pop_front();
    }
    return due;
}

void VenueConnection::cut(VenueAction action, TimePoint now) {
    push(std::move(action), now);
    over_ = true;
    if (!subscribed_.empty()) venue_.active_changed_ = true;
    subscribed_.clear();
}

/// A sign of life that keeps the venue from closing an idle connection.
void VenueConnection::touch(TimePoint now) noexcept {
    if (venue_.shapes_.idle > Duration::zero()) clocks_.idle = now + venue_.shapes_.idle;
}

void VenueConnection::say(std::string_view shape, ShapeValues values, TimePoint now) {
    if (over_) return;
    const auto times = venue_.time_values(now);
    values.insert(values.end(), times.begin(), times.end());
    if (shape.find("{sequence}") != std::string_view::npos)
        values.emplace_back("sequence", std::to_string(sequence_++));
    push({.text = fill_shape(shape, values)}, now);
    told_at_ = now;
}

void VenueConnection::send_data(ChannelId channel, bool is_snapshot, TimePoint now) {
    if (over_) return;
    if (venue_.shapes_.idle_counts_data) touch(now);
    if (by_chance(kLostData)) {
        ++venue_.counts_.lost_data;
        ++sequence_;
        return;
    }
    ++venue_.counts_.data;
    const ChannelShape& shape = *venue_.shape_of(channel);
    say(is_snapshot ? shape.snapshot : shape.update, venue_.values_of(channel, is_snapshot, now), now);
}

bool VenueConnection::count(SendKind kind, std::string_view id, TimePoint now) {
    const auto& limits = venue_.data_.message_limits;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        if (!limits[i].counts.contains(kind)) continue;
        const bool is_own = limits[i].scope == detail::LimitScope::connection;
        if ((is_own ? messages_[i] : venue_.shared_messages_[i]).arrive(now)) continue;
        venue_.violate("more than " + std::to_string(limits[i].rate.count) + " messages in " +
                           milliseconds(limits[i].rate.window),
                       now);
        if (venue_.shapes_.over_rate == OverRate::error_then_drop) {
            say(venue_.shapes_.too_fast, {{"id", std::string(id.empty() ? "null" : id)}}, now);
            cut({.kind = Kind::drop}, now);
        } else {
            cut({.kind = Kind::close,
                 .text = "Too many requests",
                 .code = to_wire(CloseCode::policy_violation)},
                now);
        }
        return false;
    }
    return true;
}

void VenueConnection::on_ping(TimePoint now) {
    if (!over_) std::ignore = count(SendKind::ping, {}, now);
}

void VenueConnection::on_pong(TimePoint now) {
    if (over_) return;
    clocks_.pong = TimePoint::max();
    std::ignore = count(SendKind::pong, {}, now);
}

bool VenueConnection::read(const RequestPatterns& patterns, std::string_view text, Request& out) const {
    auto found = patterns.read(text);
    if (!found) return false;
    out = {std::string(found->verb), std::move(found->id), std::move(found->items)};
    if (!found->number) return true;
    const auto channel = static_cast<std::uint64_t>(*found->number - kFirstChannelNumber);
    if (channel >= venue_.channels_.size()) return true;
    const ChannelEntry& entry = venue_.channels_[static_cast<ChannelId>(channel)];
    out.items = {{entry.text, entry.wire_symbol}};
    return true;
}

bool VenueConnection::read(std::string_view text, Request& out) const {
    const VenueShapes& shapes = venue_.shapes_;
    if (shapes.requests != nullptr) return read(*shapes.requests, text, out);
    simdjson::dom::parser parser;
    const simdjson::padded_string padded(text);
    Element root;
    if (parser.parse(padded).get(root) != simdjson::SUCCESS) return false;
    out.verb = text_at(root, shapes.verb_at);
    out.id = text_at(root, shapes.id_at);
    const std::string channel = text_at(root, shapes.channel_at);
    Element list;
    simdjson::dom::array items;
    if (root.at_pointer(shapes.list_at).get(list) != simdjson::SUCCESS) {
        if (!channel.empty()) out.items.emplace_back(channel, "");
    } else if (list.get(items) == simdjson::SUCCESS) {
        for (const Element item : items) {
            std::string_view word;
            if (item.get(word) != simdjson::SUCCESS)
                out.items.emplace_back(text_at(item, shapes.item_channel_at),
                                       text_at(item, shapes.item_symbol_at));
            else if (shapes.channel_at.empty())
                out.items.emplace_back(word, "");
            else
                out.items.emplace_back(channel, word);
        }
    } else {
        out.items.emplace_back(text_at(root, shapes.list_at), "");
    }
    return !out.verb.empty();
}

void VenueConnection::on_text(std::string_view text, TimePoint now) {
    if (over_) return;
    const VenueShapes& shapes = venue_.shapes_;
    ++venue_.counts_.requests;
    touch(now);
    if (const std::size_t most = venue_.data_.max_bytes; most != 0 && text.size() > most) {
        venue_.violate(
            "a message of " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(most),
            now);
        return cut({.kind = Kind::close,
                    .text = "read limited at " + std::to_string(most + 1) + " bytes",
                    .code = to_wire(CloseCode::message_too_big)},
                   now);
    }
    if (!shapes.ping_text.empty() && text == shapes.ping_text) {
        if (count(SendKind::ping, {}, now)) say(shapes.pong_text, {}, now);
        return;
    }
    Request request;
    if (!read(text, request)) {
        venue_.violate("a message that is not a request", now);
        return cut({.kind = Kind::close, .code = to_wire(CloseCode::policy_violation)}, now);
    }
    if (handle_verb(request, now) || !count(SendKind::request, request.id, now)) return;
    const bool is_subscription = request.verb == shapes.subscribe;
    if (!is_subscription && request.verb != shapes.unsubscribe) {
        venue_.violate("an unknown request: " + request.verb.substr(0, 80), now);
        return reply(shapes.refused, request, {}, now, {});
    }
    is_subscription ? subscribe(request, now) : unsubscribe(request, now);
}

bool VenueConnection::handle_verb(const Request& request, TimePoint now) {
    const VenueShapes& shapes = venue_.shapes_;
    const auto verb = std::find_if(shapes.verbs.begin(), shapes.verbs.end(),
                                   [&](const VerbShape& item) { return item.verb == request.verb; });
    if (verb == shapes.verbs.end()) return false;
    const bool is_answer = verb->kind == VerbShape::Kind::answer;
    const SendKind kind = is_answer                             ? SendKind::answer
                          : verb->kind == VerbShape::Kind::ping ? SendKind::ping
                                                                : SendKind::request;
    if (!count(kind, request.id, now)) return true;
    if (is_answer) clocks_.answer = TimePoint::max();
    if (request.verb == shapes.question_verb) clocks_.question = now + shapes.question_interval;
    if (!verb->answer.empty()) say(verb->answer, {{"id", request.id}}, now);
    return true;
}

/// The venue's answer for one item, or for the whole request.
void VenueConnection::reply(std::string_view shape, const Request& request, const Item& item, TimePoint now,
                            const std::set<ChannelId>& listed) {
    const auto escaped = [](const std::string& text) {
        std::string out;
        append_json_escaped(out, text);
        return out;
    };
    ShapeValues values{{"id", request.id.empty() ? "null" : request.id},
                       {"channel", escaped(item.first)},
                       {"symbol", escaped(item.second)}};
    if (shape.find("{number}") != std::string_view::npos)
        values.emplace_back("number",
                            std::to_string(kFirstChannelNumber + venue_.find(item.first, item.second)));
    if (shape.find("{list}") != std::string_view::npos) values.emplace_back("list", list_of(listed));
    say(shape, std::move(values), now);
}

bool VenueConnection::refuses(ChannelId channel, const Item& item) {
    if (channel == kNoChannel || venue_.shape_of(channel) == nullptr) return true;
    // One answer a connection, so that a client that splits its batch finds the refused channel.
    const std::uint64_t seed = venue_.options_.seed ^ (index_ << 20) ^ std::hash<std::string>{}(item.first) ^
                               (std::hash<std::string>{}(item.second) << 1);
    return venue_.options_.faults && SeededRandom(seed).unit() < kRefusals;
}

bool VenueConnection::fits(const Request& request, const std::vector<ChannelId>& channels, TimePoint now) {
    const auto& data = venue_.data_;
    if (data.max_args != 0 && request.items.size() > data.max_args) {
        venue_.violate(std::to_string(request.items.size()) + " channels in a message, the limit is " +
                           std::to_string(data.max_args),
                       now);
        reply(venue_.shapes_.refused, request, {"args size > " + std::to_string(data.max_args), ""}, now, {});
        return false;
    }
    std::set<ChannelId> all = subscribed_;
    all.insert(channels.begin(), channels.end());
    std::size_t bytes = 0;
    for (const ChannelId channel : all)
        if (channel != kNoChannel) bytes += venue_.channels_[channel].text.size();
    const bool is_many = data.max_channels != 0 && all.size() > data.max_channels;
    if (!is_many && (data.max_args_bytes == 0 || bytes <= data.max_args_bytes)) return true;
    venue_.violate(
        is_many ? std::to_string(all.size()) + " channels, the limit is " + std::to_string(data.max_channels)
                : std::to_string(bytes) + " bytes of channels, the limit is " +
                      std::to_string(data.max_args_bytes),
        now);
    cut({.kind = Kind::drop}, now);
    return false;
}

void VenueConnection::subscribe(const Request& request, TimePoint now) {
    const VenueShapes& shapes = venue_.shapes_;
    clocks_.first_subscribe = TimePoint::max();
    std::vector<ChannelId> channels;
    for (const auto& [channel, symbol] : request.items) channels.push_back(venue_.find(channel, symbol));
    if (!fits(request, channels, now)) return;
    const auto is_lost = [&](std::span<const ChannelId> asked, double probability, std::uint64_t& lost) {
        const auto may_lose = [&](ChannelId channel) { return losses_[channel] < kMostLosses; };
        if (!by_chance(probability) || !std::all_of(asked.begin(), asked.end(), may_lose)) return false;
        for (const ChannelId channel : asked) ++losses_[channel];
        ++lost;
        return true;
    };
    if (is_lost(channels, kLostRequests, venue_.counts_.lost_requests)) return;
    std::set<ChannelId> accepted;
    std::vector<std::size_t> refused;
    for (std::size_t i = 0; i < channels.size(); ++i)
        if (refuses(channels[i], request.items[i]))
            refused.push_back(i);
        else
            accepted.insert(channels[i]);
    const Confirms confirms = venue_.data_.ack.confirms;
    const bool is_whole = confirms == Confirms::request || confirms == Confirms::connection;
    for (const std::size_t i : refused) {
        ++venue_.counts_.refused_channels;
        refused_.insert(request.items[i]);
        if (!shapes.refused.empty() && (!is_whole || i == refused.front()))
            reply(shapes.refused, request, request.items[i], now, {});
    }
    if (is_whole && !refused.empty()) return;
    for (const ChannelId channel : accepted) venue_.join_clock(channel, now);
    subscribed_.insert(accepted.begin(), accepted.end());
    venue_.active_changed_ = true;
    if (clocks_.heartbeat == TimePoint::max() && !shapes.heartbeat.empty())
        clocks_.heartbeat = now + venue_.options_.heartbeat;
    for (std::size_t i = 0; i < channels.size() && confirms == Confirms::channel; ++i)
        if (accepted.contains(channels[i]) &&
            !is_lost({&channels[i], 1}, kLostAcks, venue_.counts_.lost_acks))
            reply(shapes.subscribed, request, request.items[i], now, {});
    if (confirms != Confirms::channel && !is_lost(channels, kLostAcks, venue_.counts_.lost_acks))
        reply(shapes.subscribed, request, request.items.empty() ? Item{} : request.items.front(), now,
              confirms == Confirms::list ? accepted : subscribed_);
    for (const ChannelId channel : accepted)
        if (!venue_.shape_of(channel)->snapshot.empty()) send_data(channel, true, now);
}

void VenueConnection::unsubscribe(const Request& request, TimePoint now) {
    const VenueShapes& shapes = venue_.shapes_;
    std::set<ChannelId> left;
    for (const auto& [channel, symbol] : request.items)
        if (const ChannelId id = venue_.find(channel, symbol); id != kNoChannel) left.insert(id);
    for (const ChannelId channel : left) subscribed_.erase(channel);
    venue_.active_changed_ = true;
    const Confirms confirms = venue_.data_.ack.confirms;
    for (const auto& item : request.items)
        if (confirms == Confirms::channel) reply(shapes.unsubscribed, request, item, now, {});
    if (confirms != Confirms::channel)
        reply(shapes.unsubscribed, request, request.items.empty() ? Item{} : request.items.front(), now,
              confirms == Confirms::list ? left : subscribed_);
}

std::string VenueConnection::list_of(const std::set<ChannelId>& channels) const {
    std::map<std::string, std::string> products;
    std::string texts;
    const auto quoted = [](std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    for (const ChannelId channel : channels) {
        const ChannelEntry& entry = venue_.channels_[channel];
        texts += (texts.empty() ? "" : ",") + quoted(entry.text);
        std::string& symbols = products[entry.text];
        if (!entry.wire_symbol.empty()) symbols += (symbols.empty() ? "" : ",") + quoted(entry.wire_symbol);
    }
    if (venue_.shapes_.list == ListForm::texts) return "[" + texts + "]";
    const bool is_named = venue_.shapes_.list == ListForm::named_products;
    std::string out;
    for (const auto& [name, symbols] : products) {
        out += out.empty() ? "" : ",";
        out += is_named ? R"({"name":)" + quoted(name) + R"(,"product_ids":[)" + symbols + "]}"
                        : quoted(name) + ":[" + symbols + "]";
    }
    return is_named ? "[" + out + "]" : "{" + out + "}";
}

}  // namespace pinwheel
