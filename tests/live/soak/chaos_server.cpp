#include "chaos_server.h"

#include <algorithm>
#include <tuple>

#include "../../../core/bytes.h"
#include "../../../net/socket_options.h"
#include "../../../net/tcp_stream.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTick = 2ms;
constexpr Duration kAway = 3s;  // after this a client's end is assumed, if it gave up unnoticed
constexpr std::size_t kSendLimit = std::size_t{64} << 20;
constexpr std::size_t kBacklog = std::size_t{4} << 20;
constexpr std::size_t kFlood = 20'000;
constexpr std::array<std::uint16_t, 7> kCodes{1000, 1001, 1008, 1011, 1012, 1013, 4000};
constexpr std::array<std::string_view, 5> kRebuffs{
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "",  // nothing at all
};

}  // namespace

struct ChaosServer::Client {
    Client(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls, SessionHandler& handler)
        : session(reactor, std::move(stream), tls, handler, {.send_bytes = kSendLimit}) {}

    std::uint64_t id = 0;  // 0: not yet upgraded
    Fate fate = Fate::close;
    TimePoint fate_at{};
    TimePoint gone_at = TimePoint::max();  // the connection is dropped at this time in any case
    std::size_t flood = 0;                 // messages of the flood that are left
    bool at_its_end = false;
    ServerSession session;
};

/// A client that is refused, or kept waiting, without an upgrade.
struct ChaosServer::Rebuff {
    Rebuff(ChaosServer& server, UniqueFd its_socket, std::string_view its_answer, Duration wait)
        : owner(server), stream(std::move(its_socket)), answer(its_answer) {
        owner.reactor_.schedule_after(timer, wait);
    }
    void speak(TimePoint) {
        std::array<std::byte, 4096> request{};
        std::ignore = stream.read_some(request);
        if (!answer.empty()) std::ignore = stream.write_some(bytes_of(answer));
        const auto at = owner.rebuffs_.find(this);
        owner.reactor_.dispose(std::move(at->second));
        owner.rebuffs_.erase(at);
    }

    ChaosServer& owner;
    TcpStream stream;
    const std::string_view answer;
    Timer timer{Timer::Callback::member<&Rebuff::speak>(*this)};
};

ChaosServer::ChaosServer(Reactor& reactor, TlsContext* tls, std::uint64_t seed)
    : reactor_(reactor), tls_(tls), random_(seed), endpoint_(*Endpoint::parse("127.0.0.1", 0)) {
    listen();
    endpoint_ = listener_->endpoint();
    reactor_.schedule_after(tick_, kTick);
    reactor_.schedule_after(listen_timer_, 5s);
}

ChaosServer::~ChaosServer() = default;

std::string ChaosServer::describe() const {
    std::string text = std::to_string(served_.size()) + " connections:";
    for (std::size_t i = 0; i < kFates; ++i)
        text += (i == 0 ? " " : ", ") + std::string(kFateNames.at(i)) + " " + std::to_string(fates_.at(i));
    return text + "; floods " + std::to_string(floods_) + ", sent away " + std::to_string(rebuffed_) +
           ", absences " + std::to_string(absences_);
}

void ChaosServer::listen() {
    listener_.emplace(reactor_, endpoint_, Listener::Accepted::member<&ChaosServer::on_accepted>(*this));
}

Duration ChaosServer::between(Duration low, Duration high) noexcept {
    return low +
           Duration(static_cast<Duration::rep>(random_.unit() * static_cast<double>((high - low).count())));
}

std::size_t ChaosServer::size_of_next() noexcept {
    const auto kind = random_.below(1000);
    if (kind == 0) return random_.below(200'000);
    return random_.below(kind < 50 ? 4000 : 300);
}

/// Closes the listener for a while, with all connections that wait to be accepted.
void ChaosServer::on_listen_timer(TimePoint) {
    if (listener_) {
        ++absences_;
        listener_.reset();
        return reactor_.schedule_after(listen_timer_, between(50ms, 800ms));
    }
    listen();
    reactor_.schedule_after(listen_timer_, between(2s, 10s));
}

void ChaosServer::on_accepted(UniqueFd socket) {
    std::ignore = apply({.receive_timestamps = false}, socket.get());
    if (random_.below(6) == 0) {
        ++rebuffed_;
        const auto answer = kRebuffs.at(random_.below(kRebuffs.size()));
        auto rebuff = std::make_shared<Rebuff>(*this, std::move(socket), answer,
                                               answer.empty() ? between(0s, 2s) : between(5ms, 50ms));
        auto* const key = rebuff.get();
        rebuffs_.emplace(key, std::move(rebuff));
        return;
    }
    SessionHandler& handler = *this;
    auto client =
        std::make_shared<Client>(reactor_, std::make_unique<TcpStream>(std::move(socket)), tls_, handler);
    auto* const session = &client->session;
    clients_.emplace(session, std::move(client));
}

void ChaosServer::on_session_open(ServerSession& session) {
    Client& client = *clients_.at(&session);
    client.id = served_.size() + 1;
    served_.push_back({.id = client.id});
    client.fate = static_cast<Fate>(random_.below(kFates));
    client.fate_at = reactor_.now() + between(0s, random_.below(8) == 0 ? 4s : 400ms);
    if (random_.below(3) == 0) {
        ++floods_;
        client.flood = random_.below(kFlood);
    }
}

void ChaosServer::on_tick(TimePoint now) {
    reactor_.schedule(tick_, now + kTick);
    const auto clients = clients_;
    for (const auto& [session, client] : clients) {
        if (now >= client->gone_at) session->drop();
        if (client->id == 0 || client->at_its_end || !session->is_open()) continue;
        stream(*client, random_.below(20));
        if (client->flood > 0) {
            const std::size_t share = std::min<std::size_t>(client->flood, 2000);
            client->flood -= share;
            stream(*client, share);
        }
        if (now >= client->fate_at && session->is_open()) meet_fate(*client);
    }
}

void ChaosServer::stream(Client& client, std::size_t messages) {
    ServedConnection& account = served_.at(client.id - 1);
    for (; messages > 0 && client.session.is_open() && client.session.bytes_to_send() < kBacklog; --messages)
        client.session.queue(Opcode::text, bytes_of(soak_message(client.id, ++account.sent, size_of_next())));
    client.session.flush();
}

void ChaosServer::meet_fate(Client& client) {
    ++fates_.at(static_cast<std::size_t>(client.fate));
    client.at_its_end = true;
    client.gone_at = reactor_.now() + kAway;
    const std::string next = soak_message(client.id, served_.at(client.id - 1).sent + 1, 1000);
    std::vector<std::byte> frame(frame_size(next.size()));
    frame.resize(encode_frame(Opcode::text, bytes_of(next), std::nullopt, frame));
    switch (client.fate) {
        case Fate::close:
            if (client.session.bytes_to_send() == 0) on_session_drained(client.session);
            return;  // otherwise when all bytes are sent
        case Fate::cut:
            return client.session.drop();
        case Fate::cut_in_frame:
            served_.at(client.id - 1).begun_one_more = true;
            client.session.queue_raw(std::span(frame).first(1 + random_.below(frame.size() - 1)));
            client.session.flush();
            return client.session.drop();
        case Fate::reset:
            stream(client, random_.below(1000));
            return client.session.reset();
        case Fate::stall:
            return client.session.freeze();
        case Fate::garbage:
            for (auto& byte : frame) byte = static_cast<std::byte>(random_.below(256));
            frame.front() |= std::byte{0x70};  // reserved bits: never a valid frame by chance
            break;
        case Fate::broken_frame:
            frame.at(1) |= std::byte{0x80};  // masked
            break;
        case Fate::bad_utf8:
            served_.at(client.id - 1).begun_one_more = true;
            frame.at(frame.size() - 100) = std::byte{0xff};
            break;
        case Fate::huge:
            frame.assign(10, std::byte{0x7f});
            frame.front() = std::byte{0x81};
            break;
    }
    client.session.queue_raw(frame);
    client.session.flush();
}

void ChaosServer::on_session_drained(ServerSession& session) {
    const Client& client = *clients_.at(&session);
    if (!client.at_its_end || client.fate != Fate::close || !session.is_open()) return;
    served_.at(client.id - 1).closed_in_order = true;
    session.close(kCodes.at(random_.below(kCodes.size())));
}

void ChaosServer::on_session_gone(ServerSession& session) {
    const auto at = clients_.find(&session);
    if (at == clients_.end()) return;
    reactor_.dispose(std::move(at->second));
    clients_.erase(at);
}

}  // namespace pinwheel::test
