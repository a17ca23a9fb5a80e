#include "proxy_handshake_impl.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "endpoint.h"
#include "http_head.h"

namespace pinwheel::detail {
namespace {

using Status = ProxyHandshake::Status;

std::string base64(const std::string& text) {
    std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL appends a zero
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return encoded;
}

/// The code and the reason phrase of a status line: `407 Proxy Authentication Required`. Nothing for another
/// text.
std::optional<std::string> status_of(std::string_view line) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ' ||
        !std::all_of(line.begin() + 9, line.begin() + 12, is_digit) || (line.size() > 12 && line[12] != ' '))
        return std::nullopt;
    return std::string(line.substr(9, 100));
}

/// CONNECT (RFC 9110 section 9.3.6).
class HttpConnect final : public ProxyHandshake {
  public:
    HttpConnect(const Proxy& proxy, const DialTarget& target) {
        const std::string authority = target.to_string();
        std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
        if (!proxy.user().empty())
            request += "Proxy-Authorization: Basic " + base64(proxy.user() + ":" + proxy.password()) + "\r\n";
        send(request + "\r\n");
    }

  private:
    Status take(std::span<const std::byte> bytes, std::size_t& consumed) override {
        switch (head_.feed(bytes, consumed)) {
            case HttpHead::Status::need_more:
                return Status::need_more;
            case HttpHead::Status::done:
                return judge();
            case HttpHead::Status::too_large:
                return fail(Errc::proxy_failed, "its answer is larger than 16 KiB");
            case HttpHead::Status::malformed:
                break;
        }
        if (!status_of(head_.start_line()))
            return fail(Errc::proxy_failed, "it sent no HTTP answer; is it an HTTP proxy?");
        return fail(Errc::proxy_failed, "its answer is malformed: " + head_.fault());
    }
    Status judge() {
        const auto status = status_of(head_.start_line());
        if (!status) return fail(Errc::proxy_failed, "it sent no HTTP answer; is it an HTTP proxy?");
        if (status->starts_with('2')) return Status::done;
        const std::string answer = "it answered CONNECT with " + *status;
        if (status->starts_with("407") || status->starts_with("401"))  // tinyproxy answers 401
            return fail(Errc::proxy_refused, answer + "; check the user and the password in the proxy's URL");
        const bool is_temporary =
            status->starts_with('5') || status->starts_with("408") || status->starts_with("429");
        return fail(is_temporary ? Errc::proxy_failed : Errc::proxy_refused, answer);
    }

    HttpHead head_{HttpHead::Folding::to_space};
};

/// SOCKS5 (RFC 1928), with a user and a password if the proxy asks for them (RFC 1929).
class Socks5 final : public ProxyHandshake {
  public:
    Socks5(const Proxy& proxy, std::string request)
        : user_(proxy.user()), password_(proxy.password()), request_(std::move(request)) {
        send(user_.empty() ? std::string("\x05\x01\x00", 3) : std::string("\x05\x02\x00\x02", 4));
    }

    ~Socks5() override { OPENSSL_cleanse(password_.data(), password_.size()); }

    /// Nothing if the host has more than 255 bytes or a zone.
    static std::optional<std::string> request_for(const DialTarget& target) {
        std::string request("\x05\x01\x00", 3);
        if (const auto address = Endpoint::parse(target.host, 0)) {
            if (target.host.find('%') != std::string::npos) return std::nullopt;
            if (address->family() == AF_INET)
                append(request, '\x01', reinterpret_cast<const sockaddr_in*>(address->data())->sin_addr);
            else
                append(request, '\x04', reinterpret_cast<const sockaddr_in6*>(address->data())->sin6_addr);
        } else {
            if (target.host.empty() || target.host.size() > 255) return std::nullopt;
            request += '\x03';
            request += static_cast<char>(target.host.size());
            request += target.host;
        }
        request += static_cast<char>(target.port >> 8);
        request += static_cast<char>(target.port & 0xff);
        return request;
    }

  private:
    enum class Awaits { method, authentication, reply };

    template <class Address>
    static void append(std::string& request, char type, const Address& address) {
        request += type;
        request.append(reinterpret_cast<const char*>(&address), sizeof address);
    }

    Status take(std::span<const std::byte> bytes, std::size_t& consumed) override {
        for (consumed = 0; consumed < bytes.size();) {
            answer_ += static_cast<char>(bytes[consumed++]);
            const Status status = step();
            if (status != Status::need_more) return status;
        }
        return Status::need_more;
    }
    [[nodiscard]] unsigned byte(std::size_t at) const noexcept {
        return static_cast<unsigned char>(answer_[at]);
    }

    Status step() {
        switch (awaits_) {
            case Awaits::method:
                return take_method();
            case Awaits::authentication:
                return take_authentication();
            case Awaits::reply:
                return take_reply();
        }
        return Status::need_more;
    }
    Status take_method() {
        if (byte(0) != 5) return fail(Errc::proxy_failed, "it sent no SOCKS5 answer; is it a SOCKS5 proxy?");
        if (answer_.size() < 2) return Status::need_more;
        const unsigned method = byte(1);
        answer_.clear();
        if (method == 0) return ask_for_target();
        if (method == 2 && !user_.empty()) {
            awaits_ = Awaits::authentication;
            send('\x01' + std::string(1, static_cast<char>(user_.size())) + user_ +
                 static_cast<char>(password_.size()) + password_);
            return Status::need_more;
        }
        return fail(Errc::proxy_refused,
                    user_.empty() ? "it demands a user and a password; give them in the proxy's URL"
                                  : "it accepts no authentication by user and password");
    }
    Status take_authentication() {
        if (answer_.size() < 2) return Status::need_more;
        const bool accepted = byte(1) == 0;
        answer_.clear();
        if (!accepted)
            return fail(Errc::proxy_refused,
                        "it refused the user or the password; check them in the proxy's URL");
        return ask_for_target();
    }
    Status ask_for_target() {
        awaits_ = Awaits::reply;
        send(std::exchange(request_, {}));
        return Status::need_more;
    }
    Status take_reply() {
        if (byte(0) != 5) return fail(Errc::proxy_failed, "its answer is not a SOCKS5 answer");
        if (answer_.size() < 2) return Status::need_more;
        if (byte(1) != 0) return refuse(byte(1));
        if (answer_.size() < 5) return Status::need_more;
        const unsigned type = byte(3);
        const std::size_t address = type == 1 ? 4 : type == 4 ? 16 : type == 3 ? 1 + byte(4) : 0;
        if (address == 0) return fail(Errc::proxy_failed, "its answer has an address of an unknown type");
        return answer_.size() == 4 + address + 2 ? Status::done : Status::need_more;
    }
    Status refuse(unsigned code) {
        // RFC 1928 section 6.
        static constexpr std::array<std::string_view, 9> kReplies{"",
                                                                  "general failure",
                                                                  "not allowed by its rules",
                                                                  "network unreachable",
                                                                  "host unreachable",
                                                                  "connection refused",
                                                                  "time to live expired",
                                                                  "command not supported",
                                                                  "address type not supported"};
        const bool is_final = code == 2 || code == 7 || code == 8;
        const std::string text =
            code < kReplies.size() ? std::string(kReplies[code]) : "code " + std::to_string(code);
        return fail(is_final ? Errc::proxy_refused : Errc::proxy_failed, "it answered: " + text);
    }

    const std::string user_;
    std::string password_;
    std::string request_;
    std::string answer_;
    Awaits awaits_ = Awaits::method;
};

}  // namespace

ProxyHandshake::~ProxyHandshake() {
    sent(output_.size());
}

void ProxyHandshake::sent(std::size_t bytes) noexcept {
    OPENSSL_cleanse(output_.data(), bytes);
    output_.erase(0, bytes);
}

ProxyHandshake::Status ProxyHandshake::feed(std::span<const std::byte> bytes) {
    std::size_t consumed = 0;
    const Status status = take(bytes, consumed);
    if (status == Status::done && consumed < bytes.size())
        return fail(Errc::proxy_failed,
                    "it sent bytes behind its answer, before anything was asked of the target");
    return status;
}

ProxyHandshake::Status ProxyHandshake::fail(Errc code, std::string what) {
    error_ = {code, std::move(what)};
    return Status::failed;
}

Result<std::unique_ptr<ProxyHandshake>> ask(const Proxy& proxy, const DialTarget& target) {
    if (target.host.find('%') != std::string::npos)
        return Error{Errc::invalid_argument, "a proxy cannot reach " + target.to_string() +
                                                 ": its zone means something on this machine alone"};
    if (proxy.protocol() == Proxy::Protocol::http_connect)
        return std::unique_ptr<ProxyHandshake>(std::make_unique<HttpConnect>(proxy, target));
    auto request = Socks5::request_for(target);
    if (!request)
        return Error{Errc::invalid_argument,
                     "SOCKS5 cannot ask for " + target.to_string() + ": a name has 1 to 255 bytes"};
    return std::unique_ptr<ProxyHandshake>(std::make_unique<Socks5>(proxy, *std::move(request)));
}

}  // namespace pinwheel::detail
