#include "feed_server.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "../../net/socket_options.h"
#include "../../net/tcp_stream.h"
#include "../../proto/websocket/close_code.h"

namespace pinwheel {
namespace {

constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr std::size_t kSendLimit = std::size_t{256} << 20;
constexpr std::size_t kPlayAhead = std::size_t{1} << 20;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

struct FeedServer::Client {
    enum class Kind : std::uint8_t { market, capture, echo, burst };

    Client(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls, SessionHandler& handler)
        : session(reactor, std::move(stream), tls, handler, kSendLimit) {}

    Kind kind = Kind::market;
    std::set<std::size_t> channels;
    std::size_t next_frame = 0;  // of the capture
    TimePoint began{};
    std::vector<std::byte> burst;
    ServerSession session;
};

FeedServer::FeedServer(Reactor& reactor, FeedOptions options)
    : reactor_(reactor),
      options_(options),
      market_(options.seed),
      began_(reactor.now()),
      tick_(Timer::Callback::member<&FeedServer::on_tick>(*this)),
      listener_(reactor, options.listen, Listener::Accepted::member<&FeedServer::on_accepted>(*this)) {
    reactor_.schedule_after(tick_, kTick);
}

FeedServer::~FeedServer() = default;

void FeedServer::drop_clients() {
    const auto clients = clients_;
    for (const auto& [session, client] : clients) session->drop();
}

void FeedServer::on_accepted(UniqueFd socket) {
    for ([[maybe_unused]] const auto& refused : apply({.receive_timestamps = false}, socket.get())) {
    }
    SessionHandler& handler = *this;
    auto client = std::make_shared<Client>(reactor_, std::make_unique<TcpStream>(std::move(socket)),
                                           options_.tls, handler);
    auto* const session = &client->session;
    clients_.emplace(session, std::move(client));
}

void FeedServer::on_session_open(ServerSession& session) {
    Client& client = *clients_.at(&session);
    unsigned count = 0;
    unsigned size = 0;
    if (session.target() == "/echo") {
        client.kind = Client::Kind::echo;
    } else if (std::sscanf(session.target().c_str(), "/burst/%u/%u", &count, &size) == 2) {
        client.kind = Client::Kind::burst;
        const std::vector<std::byte> payload(size, std::byte{'b'});
        std::vector<std::byte> frame(frame_size(size));
        frame.resize(encode_frame(Opcode::binary, payload, std::nullopt, frame));
        for (unsigned i = 0; i < count; ++i)
            client.burst.insert(client.burst.end(), frame.begin(), frame.end());
    } else if (options_.capture != nullptr) {
        client.kind = Client::Kind::capture;
        client.began = reactor_.now();
        play(client, reactor_.now());
    }
}

void FeedServer::on_session_message(ServerSession& session, const Message& message) {
    Client& client = *clients_.at(&session);
    switch (client.kind) {
        case Client::Kind::echo:
            return session.send(message.is_text ? Opcode::text : Opcode::binary, message.payload);
        case Client::Kind::burst:
            session.queue_raw(client.burst);
            return session.flush();
        case Client::Kind::market:
            return handle_request(client, message);
        case Client::Kind::capture:
            return;
    }
}

void FeedServer::handle_request(Client& client, const Message& message) {
    simdjson::dom::parser parser;
    std::string_view type;
    std::string_view channel;
    const auto document = parser.parse(message.text().data(), message.text().size(), true);
    const bool understood = document["type"].get(type) == simdjson::SUCCESS &&
                            document["channel"].get(channel) == simdjson::SUCCESS &&
                            (type == "subscribe" || type == "unsubscribe");
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
        client.session.queue(Opcode::text, bytes_of(R"({"type":")" + std::string(type) + R"(d","channel":")" +
                                                    names[i] + "\"}"));
    }
    client.session.flush();
}

void FeedServer::on_session_drained(ServerSession& session) {
    Client& client = *clients_.at(&session);
    if (client.kind == Client::Kind::capture) play(client, reactor_.now());
}

void FeedServer::on_session_gone(ServerSession& session) {
    const auto at = clients_.find(&session);
    if (at == clients_.end()) return;
    reactor_.dispose(std::move(at->second));
    clients_.erase(at);
}

void FeedServer::on_tick(TimePoint now) {
    reactor_.schedule(tick_, now + kTick);
    // Held here, since sending to one may end it.
    std::vector<std::shared_ptr<Client>> receivers;
    for (const auto& [session, client] : clients_)
        if (client->kind == Client::Kind::capture || !client->channels.empty()) receivers.push_back(client);
    if (options_.capture == nullptr) return publish(receivers, now);
    for (const auto& client : receivers) play(*client, now);
}

void FeedServer::publish(std::span<const std::shared_ptr<Client>> subscribers, TimePoint now) {
    const auto elapsed = std::chrono::duration<double>(now - began_).count();
    const auto due = static_cast<std::uint64_t>(elapsed * options_.rate);
    for (; published_ < due; ++published_) {
        const auto event = market_.next(reactor_.system_now());
        for (const auto& client : subscribers)
            if (client->channels.contains(event.channel))
                client->session.queue(Opcode::text, bytes_of(event.text));
    }
    for (const auto& client : subscribers) client->session.flush();
}

/// Sends what is due, and no more than the client takes.
void FeedServer::play(Client& client, TimePoint now) {
    auto& session = client.session;
    if (!session.is_open()) return;
    const auto& frames = options_.capture->received;
    while (client.next_frame < frames.size() && session.bytes_to_send() < kPlayAhead) {
        const auto& frame = frames[client.next_frame];
        if (options_.speed > 0 &&
            client.began + std::chrono::duration_cast<Duration>(frame.at / options_.speed) > now)
            break;
        session.queue(Opcode::text, bytes_of(frame.payload));
        ++client.next_frame;
    }
    session.flush();
    if (client.next_frame == frames.size() && session.bytes_to_send() == 0)
        session.close(to_wire(CloseCode::normal));
}

}  // namespace pinwheel
