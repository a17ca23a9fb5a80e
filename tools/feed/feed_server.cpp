#include "feed_server.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <vector>

#include "../../core/bytes.h"
#include "../../net/socket_options.h"
#include "../../net/tcp_stream.h"
#include "../../proto/websocket/close_code.h"
#include "../../proto/websocket/frame_codec.h"

namespace pinwheel {
namespace {

constexpr Duration kTick = std::chrono::milliseconds{1};
/// Of a playback or a burst: the bytes made ahead of the client. Below the limit that stops reading.
constexpr std::size_t kPlayAhead = std::size_t{1} << 20;
static_assert(kPlayAhead < ServerSession::kReadHold);
/// Of the market, which does not wait: a slower client is cut off.
constexpr std::size_t kMarketBehind = std::size_t{4} << 20;
/// Of the market in one tick, 1.5 MB a client: 10 million messages a second. After a pause the rest comes
/// later.
constexpr std::uint64_t kEventsATick = 10'000;
constexpr int kBacklog = 1024;
constexpr std::size_t kBurstChunk = std::size_t{16} << 10;

/// Binary frames of one size, made in pieces, so that their number and size need no memory.
class Burst {
  public:
    /// From a target /burst/N/S.
    [[nodiscard]] static std::optional<Burst> parse(std::string_view target) {
        if (!target.starts_with(kPath)) return std::nullopt;
        const char* const end = target.data() + target.size();
        Burst burst;
        const auto count = std::from_chars(target.data() + kPath.size(), end, burst.frames_a_message_);
        if (count.ec != std::errc() || count.ptr == end || *count.ptr != '/') return std::nullopt;
        const auto size = std::from_chars(count.ptr + 1, end, burst.size_);
        if (size.ec != std::errc() || size.ptr != end) return std::nullopt;
        return burst;
    }
    static constexpr std::string_view kPath = "/burst/";

    void ask() noexcept {
        const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - frames_;
        frames_ += std::min<std::uint64_t>(frames_a_message_, room);
    }
    [[nodiscard]] bool over() const noexcept { return frames_ == 0 && payload_ == 0; }

    /// The next bytes, in `chunk`; at least one.
    [[nodiscard]] std::span<const std::byte> next(std::span<std::byte, kBurstChunk> chunk) noexcept {
        std::size_t used = 0;
        while (!over() && chunk.size() - used >= kMaxFrameHeader) {
            if (payload_ == 0) {
                --frames_;
                payload_ = size_;
                used += write_header(chunk.subspan(used));
            }
            const std::size_t part = std::min<std::size_t>(payload_, chunk.size() - used);
            std::fill_n(chunk.begin() + static_cast<std::ptrdiff_t>(used), part, std::byte{'b'});
            used += part;
            payload_ -= static_cast<std::uint32_t>(part);
        }
        return chunk.first(used);
    }

  private:
    /// RFC 6455 section 5.2: final, binary, no mask.
    std::size_t write_header(std::span<std::byte> out) const noexcept {
        const std::size_t length_bytes = size_ < 126 ? 0 : size_ < 65536 ? 2 : 8;
        out[0] = std::byte{0x82};
        out[1] = length_bytes == 0 ? static_cast<std::byte>(size_)
                                   : (length_bytes == 2 ? std::byte{126} : std::byte{127});
        for (std::size_t i = 0; i < length_bytes; ++i)
            out[2 + i] = static_cast<std::byte>(std::uint64_t{size_} >> (8 * (length_bytes - 1 - i)));
        return 2 + length_bytes;
    }

    std::uint32_t frames_a_message_ = 0;
    std::uint32_t size_ = 0;
    std::uint64_t frames_ = 0;   // frames that have not begun
    std::uint32_t payload_ = 0;  // bytes missing of the current frame
};

}  // namespace

struct FeedServer::Client {
    enum class Kind : std::uint8_t { market, playback, echo, burst };

    Client(Reactor& reactor, std::unique_ptr<ByteStream> stream, const FeedServerOptions& options,
           SessionHandler& handler)
        : session(reactor, std::move(stream), options.tls, handler, options.limits) {}

    [[nodiscard]] bool receives() const noexcept {
        return kind == Kind::playback || (kind == Kind::burst && !burst.over()) || !channels.empty();
    }

    Kind kind = Kind::market;
    std::set<std::size_t> channels;
    std::unique_ptr<Playback> playback{};
    TimePoint began{};       // a step of the playback
    Duration began_at{};     // its recorded time
    bool has_begun = false;  // the recorded connection has begun
    Burst burst;
    ServerSession session;
};

FeedServer::FeedServer(Reactor& reactor, FeedServerOptions options)
    : reactor_(reactor),
      options_(options),
      market_(options.seed),
      began_(reactor.now()),
      tick_(Timer::Callback::member<&FeedServer::on_tick>(*this)),
      listener_(reactor, options.listen, Listener::Accepted::member<&FeedServer::on_accepted>(*this),
                kBacklog, options.exhausted) {
    receivers_.reserve(options.max_clients);
    reactor_.schedule_after(tick_, kTick);
}

FeedServer::~FeedServer() = default;

void FeedServer::drop_clients() {
    const auto clients = clients_;
    for (const auto& [session, client] : clients) session->drop();
}

void FeedServer::on_accepted(UniqueFd socket) {
    if (clients_.size() >= options_.max_clients) return;
    for ([[maybe_unused]] const auto& refused : apply({.receive_timestamps = false}, socket.get())) {
    }
    SessionHandler& handler = *this;
    auto client =
        std::make_shared<Client>(reactor_, std::make_unique<TcpStream>(std::move(socket)), options_, handler);
    auto* const session = &client->session;
    clients_.emplace(session, std::move(client));
}

void FeedServer::on_session_open(ServerSession& session) {
    Client& client = *clients_.at(&session);
    if (session.target() == "/echo") {
        client.kind = Client::Kind::echo;
    } else if (const auto burst = Burst::parse(session.target())) {
        client.kind = Client::Kind::burst;
        client.burst = *burst;
    } else if (session.target().starts_with(Burst::kPath)) {
        session.close(to_wire(CloseCode::policy_violation));
    } else if (options_.playback) {
        begin_playback(client, reactor_.now());
        play(client, reactor_.now());
    }
}

void FeedServer::on_session_message(ServerSession& session, const Message& message) {
    Client& client = *clients_.at(&session);
    switch (client.kind) {
        case Client::Kind::echo:
            return session.send(message.is_text ? Opcode::text : Opcode::binary, message.payload);
        case Client::Kind::burst:
            client.burst.ask();
            return go_on(client, reactor_.now());
        case Client::Kind::market:
            return handle_request(client, message);
        case Client::Kind::playback:
            return;
    }
}

void FeedServer::handle_request(Client& client, const Message& message) {
    const JsonView json = message.json();
    const std::string type(json.string("/type").value_or(""));
    const auto channel = json.string("/channel");
    const bool understood = channel && (type == "subscribe" || type == "unsubscribe");
    const auto& names = market_.channels();
    std::vector<std::size_t> meant;
    for (std::size_t i = 0; understood && i < names.size(); ++i)
        if (channel == "*" || channel == names[i]) meant.push_back(i);
    if (meant.empty()) {
        const char* const why =
            understood ? "no such channel" : "expected type subscribe or unsubscribe, and channel";
        return client.session.send(Opcode::text,
                                   bytes_of(std::string(R"({"type":"error","message":")") + why + "\"}"));
    }
    for (const std::size_t i : meant) {
        if (type == "subscribe")
            client.channels.insert(i);
        else
            client.channels.erase(i);
        client.session.queue(Opcode::text,
                             bytes_of(R"({"type":")" + type + R"(d","channel":")" + names[i] + "\"}"));
    }
    client.session.flush();
}

void FeedServer::on_session_drained(ServerSession& session) {
    Client& client = *clients_.at(&session);
    go_on(client, reactor_.now());
}

void FeedServer::on_session_gone(ServerSession& session) {
    const auto at = clients_.find(&session);
    if (at == clients_.end()) return;
    reactor_.dispose(std::move(at->second));
    clients_.erase(at);
}

void FeedServer::on_tick(TimePoint now) {
    reactor_.schedule(tick_, now + kTick);
    // Held here, because sending to a client may end it.
    for (const auto& [session, client] : clients_)
        if (client->receives()) receivers_.push_back(client);
    if (!options_.playback) publish(receivers_, now);
    for (const auto& client : receivers_) go_on(*client, now);
    receivers_.clear();
}

void FeedServer::publish(std::span<const std::shared_ptr<Client>> subscribers, TimePoint now) {
    const auto elapsed = std::chrono::duration<double>(now - began_).count();
    const auto due = std::min(static_cast<std::uint64_t>(elapsed * options_.rate), published_ + kEventsATick);
    for (; published_ < due; ++published_) {
        const auto event = market_.next(reactor_.system_now());
        for (const auto& client : subscribers)
            if (client->channels.contains(event.channel))
                client->session.queue(Opcode::text, bytes_of(event.text));
    }
    for (const auto& client : subscribers) {
        client->session.flush();
        if (client->session.bytes_to_send() > kMarketBehind) client->session.drop();
    }
}

/// Sends the due part of a playback or a burst, and no more than the client takes.
void FeedServer::go_on(Client& client, TimePoint now) {
    if (client.kind == Client::Kind::playback) return play(client, now);
    auto& session = client.session;
    if (client.kind != Client::Kind::burst || !session.is_open() || client.burst.over()) return;
    std::array<std::byte, kBurstChunk> chunk;
    while (!client.burst.over() && session.is_open() && session.bytes_to_send() < kPlayAhead)
        session.queue_raw(client.burst.next(chunk));
    session.flush();
}

void FeedServer::begin_playback(Client& client, TimePoint now) {
    client.kind = Client::Kind::playback;
    client.began = now;
    if (parked_.empty()) {
        client.playback = options_.playback();
        return;
    }
    client.playback = std::move(parked_.front());
    parked_.pop_front();
    if (const PlayStep* const step = client.playback->front(); step != nullptr && options_.speed > 0)
        client.began_at = step->at;
}

void FeedServer::play(Client& client, TimePoint now) {
    using Kind = PlayStep::Kind;
    auto& session = client.session;
    if (!session.is_open() || client.playback == nullptr) return;
    Playback& playback = *client.playback;
    while (session.is_open() && session.bytes_to_send() < kPlayAhead) {
        const PlayStep* const step = playback.front();
        if (step == nullptr) break;
        // As floating-point numbers, which do not overflow at any speed.
        using Nanoseconds = std::chrono::duration<double, std::nano>;
        const Nanoseconds played = Nanoseconds(now - client.began) * options_.speed;
        if (options_.speed > 0 && Nanoseconds(step->at - client.began_at) > played) break;
        if (step->kind == Kind::message) {
            session.queue(step->is_text ? Opcode::text : Opcode::binary, step->payload);
            client.has_begun = true;
            playback.pop();
            continue;
        }
        if (step->kind == Kind::begin && !client.has_begun) {
            client.has_begun = true;
            playback.pop();
            continue;
        }
        // Sent messages go first. A connection may begin before one has ended: then its end was not recorded.
        session.flush();
        if (!session.is_open() || session.bytes_to_send() > 0) return;
        const bool closes = step->kind == Kind::close;
        const std::uint16_t code = step->code;
        const std::string reason(step->reason);
        if (step->kind != Kind::begin) playback.pop();
        parked_.push_back(std::move(client.playback));
        return closes ? session.close(code, reason) : session.drop();
    }
    session.flush();
    if (session.is_open() && playback.front() == nullptr && session.bytes_to_send() == 0)
        session.close(to_wire(CloseCode::normal));
}

}  // namespace pinwheel
