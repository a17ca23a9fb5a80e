#include "dns_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace pinwheel::test {
namespace {

constexpr std::size_t kHeader = 12;
constexpr unsigned kTypeA = 1;
constexpr unsigned kTypeAaaa = 28;

void put16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value & 0xff);
}

unsigned get16(std::string_view in, std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(in.at(at))) << 8 |
           static_cast<unsigned char>(in.at(at + 1));
}

struct Question {
    std::string name;
    unsigned type = 0;
    std::size_t end = 0;  // in the message
};

/// Throws std::out_of_range if the message is cut short.
Question parse_question(std::string_view message) {
    Question question;
    std::size_t at = kHeader;
    while (const std::size_t length = static_cast<unsigned char>(message.at(at))) {
        if (!question.name.empty()) question.name += '.';
        for (std::size_t i = 1; i <= length; ++i)
            question.name += static_cast<char>(std::tolower(static_cast<unsigned char>(message.at(at + i))));
        at += 1 + length;
    }
    question.type = get16(message, at + 1);
    question.end = at + 5;
    return question;
}

std::string raw_address(const std::string& literal, int family) {
    std::string raw(family == AF_INET ? 4 : 16, '\0');
    if (::inet_pton(family, literal.c_str(), raw.data()) != 1)
        throw std::invalid_argument("the script has '" + literal + "', which is no address of its family");
    return raw;
}

}  // namespace

DnsServer::DnsServer(Reactor& reactor, const std::string& address, std::uint16_t port) : reactor_(reactor) {
    for (int tries = 0;; ++tries) {
        try {
            bind_both(reactor, address, port);
            break;
        } catch (const std::system_error&) {
            if (tries == 20) throw;  // another program uses TCP on the port that the kernel chose for UDP
        }
    }
    if (reactor_.watch(watch_, udp_.get(), {.read = true}) != Errc::ok)
        throw std::runtime_error("the name server's socket cannot be watched");
}

void DnsServer::bind_both(Reactor& reactor, const std::string& address, std::uint16_t port) {
    auto endpoint = Endpoint::parse(address, port).value();
    udp_.reset(::socket(endpoint.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (!udp_ || ::bind(udp_.get(), endpoint.data(), endpoint.size()) != 0 ||
        ::getsockname(udp_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        throw std::system_error(errno, std::system_category(), "name server on " + address);
    endpoint_ = Endpoint::from(reinterpret_cast<const sockaddr*>(&bound)).value();
    listener_ = std::make_unique<Listener>(reactor, endpoint_,
                                           Listener::Accepted::member<&DnsServer::on_accepted>(*this));
}

void DnsServer::set(const std::string& name, const std::vector<std::string>& addresses) {
    DnsReply v4;
    DnsReply v6;
    for (const auto& address : addresses)
        (address.find(':') == std::string::npos ? v4 : v6).addresses.push_back(address);
    set(name, AF_INET, v4);
    set(name, AF_INET6, v6);
}

void DnsServer::on_accepted(UniqueFd socket) {
    auto& client = *clients_.emplace_back(std::make_shared<TcpClient>(*this, std::move(socket)));
    if (reactor_.watch(client.watch, client.fd.get(), {.read = true}) != Errc::ok) clients_.pop_back();
}

int DnsServer::on_udp(Interest, TimePoint) {
    std::array<char, 2048> buffer{};
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const ssize_t got =
        ::recvfrom(udp_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (got < 0) return 0;
    const std::string answer = answer_to({buffer.data(), static_cast<std::size_t>(got)}, false);
    if (!answer.empty())
        ::sendto(udp_.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&peer), size);
    return 1;
}

int DnsServer::on_tcp(TcpClient& client) {
    std::array<char, 2048> buffer{};
    const ssize_t got = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return 0;
    if (got == 0) {
        client.watch.stop();
        for (auto at = clients_.begin(); at != clients_.end(); ++at) {
            if (at->get() != &client) continue;
            reactor_.dispose(std::move(*at));
            clients_.erase(at);
            break;
        }
        return 1;
    }
    client.input.append(buffer.data(), static_cast<std::size_t>(got));
    while (client.input.size() >= 2 && client.input.size() >= 2 + get16(client.input, 0)) {
        const std::size_t length = get16(client.input, 0);
        const std::string answer = answer_to(client.input.substr(2, length), true);
        client.input.erase(0, 2 + length);
        std::string framed;
        put16(framed, static_cast<unsigned>(answer.size()));
        framed += answer;
        if (!answer.empty()) ::send(client.fd.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
    }
    return 1;
}

std::string DnsServer::answer_to(const std::string& message, bool over_tcp) {
    const Question question = parse_question(message);
    const bool known_type = question.type == kTypeA || question.type == kTypeAaaa;
    const int family = question.type == kTypeAaaa ? AF_INET6 : AF_INET;
    questions_.push_back((family == AF_INET ? "A " : "AAAA ") + question.name + (over_tcp ? " tcp" : ""));
    const auto scripted = script_.find({question.name, family});
    const DnsReply reply =
        scripted == script_.end() ? DnsReply{.kind = DnsReply::Kind::no_such_name} : scripted->second;
    if (reply.kind == DnsReply::Kind::silence) return {};
    ++answers_;

    const bool cut = reply.truncated && !over_tcp;
    const auto& addresses = reply.addresses;
    const auto count = cut || !known_type ? 0U : static_cast<unsigned>(addresses.size());
    unsigned flags = 0x8180;  // a response, recursion desired and available
    if (cut) flags |= 0x0200;
    if (reply.kind == DnsReply::Kind::server_failure) flags |= 2;
    if (reply.kind == DnsReply::Kind::no_such_name) flags |= 3;
    if (reply.kind == DnsReply::Kind::refusal) flags |= 5;

    std::string answer = message.substr(0, 2);
    for (const unsigned field : {flags, 1U, count, 0U, 0U}) put16(answer, field);
    answer += message.substr(kHeader, question.end - kHeader);
    for (unsigned i = 0; i < count; ++i) {
        const std::string raw = raw_address(addresses[i], family);
        // The name of the question, its type, class IN, a TTL of one minute.
        for (const unsigned field : {0xc000U | static_cast<unsigned>(kHeader), question.type, 1U, 0U, 60U})
            put16(answer, field);
        put16(answer, static_cast<unsigned>(raw.size()));
        answer += raw;
    }
    return answer;
}

}  // namespace pinwheel::test
