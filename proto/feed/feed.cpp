#include "feed.h"

#include <string>
#include <tuple>
#include <utility>

#include "feed_core.h"

namespace pinwheel {
namespace {

TimePoint deadline_of(FeedCore& core, std::string_view operation, std::optional<Duration> timeout) {
    if (core.in_handler())
        throw WebSocketError(Error{
            Errc::invalid_state, std::string(operation) + " waits, and so cannot be called from a handler"});
    return timeout ? time_after(core.reactor().now(), *timeout) : TimePoint::max();
}

FeedRing& ring_of(FeedCore& core) {
    if (FeedRing* const ring = core.ring()) return *ring;
    throw WebSocketError(Error{Errc::invalid_state,
                               "there is no ring, because on_message takes the messages; set "
                               "websocket.deliver_to_ring as well"});
}

std::optional<FeedMessage> message_now(FeedCore& core) {
    FeedRing& ring = ring_of(core);
    const RecordHeader* const record = ring.next(core.options().websocket.throw_on_dropped);
    if (record == nullptr) return std::nullopt;
    if (record->kind == RecordKind::dropped)
        throw WebSocketQueueFullError(ring.queue().max_messages(), record->count);
    return FeedMessage::from(*record);
}

/// The ring is empty: throws if no connection is coming.
void require_coming(FeedCore& core) {
    WebSocketManager& session = core.session();
    if (!core.is_dead()) return;
    std::ignore = session.stream_is_over();  // throws the cause, unless the user closed it
    if (session.generation() == 0)
        throw WebSocketClosedError(
            Error{Errc::not_connected, "no connection has been up, and none is coming; call connect()"});
    throw WebSocketClosedError(session.close_code(), session.close_reason());
}

}  // namespace

Feed::Feed(Reactor& reactor, const VenueProfile& profile, FeedOptions options)
    : core_(std::make_shared<FeedCore>(reactor, profile, std::move(options))) {}

Feed::~Feed() {
    if (core_ == nullptr) return;
    core_->stop();
    if (core_->in_handler()) core_->reactor().dispose(std::shared_ptr<void>(core_));
}

// A handler may destroy the feed during a call, so the call holds the core.
void Feed::connect() {
    const auto core = core_;
    core->connect();
}
void Feed::close() {
    const auto core = core_;
    core->close();
}
void Feed::rotate() {
    const auto core = core_;
    core->rotate();
}
WebSocketManager& Feed::session() noexcept {
    return core_->session();
}
LegState Feed::leg_state() const noexcept {
    return core_->leg_state();
}
ChannelId Feed::subscribe(std::string_view name, std::string_view symbol) {
    const auto core = core_;
    return core->subscribe(name, symbol);
}
void Feed::unsubscribe(ChannelId channel) {
    const auto core = core_;
    core->unsubscribe(channel);
}
void Feed::resubscribe(ChannelId channel) {
    const auto core = core_;
    core->resubscribe(channel);
}
ChannelState Feed::state(ChannelId channel) const noexcept {
    return core_->state(channel);
}
const ChannelName& Feed::channel(ChannelId channel) const noexcept {
    return core_->channel(channel);
}
bool Feed::settled() const noexcept {
    return core_->settled();
}
FeedLegStats Feed::leg_stats(std::size_t leg) const noexcept {
    return core_->leg_stats(leg);
}
const Histogram& Feed::leg_lead(std::size_t leg) const noexcept {
    return core_->leg_lead(leg);
}
std::size_t Feed::leg_slots() const noexcept {
    return core_->slots();
}
WebSocketManager* Feed::leg_session(std::size_t leg) noexcept {
    return core_->leg_session(leg);
}
std::size_t Feed::legs_up() const noexcept {
    return core_->legs_up();
}
std::size_t Feed::channels() const noexcept {
    return core_->channels();
}
FeedChannelStats Feed::channel_stats(ChannelId channel) const {
    return core_->channel_stats(channel);
}
const FeedStats& Feed::stats() const noexcept {
    return core_->stats();
}

bool Feed::wait_settled(std::optional<Duration> timeout) {
    const auto core = core_;
    const TimePoint deadline = deadline_of(*core, "wait_settled", timeout);
    std::ignore = core->reactor().run_until(
        [&] { return core->is_over() || core->settled() || core->is_dead(); }, deadline);
    return !core->is_over() && core->settled();
}

// Receiving

FeedMessage Feed::receive(std::optional<Duration> timeout) {
    const auto core = core_;
    const TimePoint deadline = deadline_of(*core, "receive", timeout);
    std::optional<FeedMessage> message;
    const bool in_time = core->reactor().run_until(
        [&] {
            if (core->is_over()) return true;
            message = message_now(*core);
            return message || core->is_dead();
        },
        deadline);
    if (message) return *message;
    if (core->is_over())
        throw WebSocketClosedError(Error{Errc::not_connected, "a handler destroyed the feed"});
    if (!in_time)
        throw WebSocketTimeoutError("receive", timeout.value_or(Duration{}), core->session().last_error());
    require_coming(*core);
    return {};  // not reached: the session has ended
}

std::optional<FeedMessage> Feed::try_receive() {
    const auto core = core_;
    auto message = message_now(*core);
    if (!message) require_coming(*core);
    return message;
}

FeedStream Feed::stream() {
    std::ignore = ring_of(*core_);
    return FeedStream(core_);
}

MessageQueue& Feed::queue() {
    return ring_of(*core_).queue();
}

FeedStream::FeedStream(std::shared_ptr<FeedCore> core) noexcept : core_(std::move(core)) {}

void FeedStream::next() {
    const TimePoint deadline = deadline_of(*core_, "stream", std::nullopt);
    std::ignore = core_->reactor().run_until(
        [&] {
            if (core_->is_over()) {
                current_.reset();
                return true;
            }
            current_ = message_now(*core_);
            return current_ || (core_->is_dead() && core_->session().stream_is_over());
        },
        deadline);
}

}  // namespace pinwheel
