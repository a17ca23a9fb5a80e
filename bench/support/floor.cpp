// What the system itself costs: a bare loop over recv() or SSL_read() that looks at nothing, and a spinning
// round trip.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "../../net/openssl_ptr_impl.h"
#include "../../net/unique_fd.h"
#include "../../proto/websocket/frame_codec.h"
#include "contender.h"

namespace pinwheel::bench {
namespace {

UniqueFd connect_to_loopback(std::uint16_t port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::system_category(), "connect");
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// A blocking socket until all is set up, then a non-blocking one.
class Socket {
  public:
    explicit Socket(const Target& target) : fd_(connect_to_loopback(target.port)) {}

    void stop_blocking() {
        if (::fcntl(fd_.get(), F_SETFL, O_NONBLOCK) != 0)
            throw std::system_error(errno, std::system_category(), "fcntl");
    }
    /// 0: nothing there.
    std::size_t read(std::byte* out, std::size_t size) {
        const ssize_t got = ::recv(fd_.get(), out, size, 0);
        if (got > 0) return static_cast<std::size_t>(got);
        if (got < 0 && errno == EAGAIN) return 0;
        throw std::runtime_error("the server ended the connection");
    }
    void write(const std::byte* in, std::size_t size) {
        if (::send(fd_.get(), in, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
            throw std::runtime_error("a write was not taken");
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    UniqueFd fd_;
};

/// OpenSSL over its own socket BIO, as its manual shows.
class TlsSocket {
  public:
    explicit TlsSocket(const Target& target) : socket_(target), context_(SSL_CTX_new(TLS_client_method())) {
        if (SSL_CTX_load_verify_file(context_.get(), target.ca_file.c_str()) != 1)
            throw std::runtime_error("the server's authority cannot be read");
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set1_host(ssl_.get(), "localhost");
        SSL_set_fd(ssl_.get(), socket_.fd());
        if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("the TLS handshake failed");
    }

    void stop_blocking() { socket_.stop_blocking(); }
    std::size_t read(std::byte* out, std::size_t size) {
        const int got = SSL_read(ssl_.get(), out, static_cast<int>(size));
        if (got > 0) return static_cast<std::size_t>(got);
        if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ) return 0;
        throw std::runtime_error("the server ended the connection");
    }
    void write(const std::byte* in, std::size_t size) {
        if (SSL_write(ssl_.get(), in, static_cast<int>(size)) != static_cast<int>(size))
            throw std::runtime_error("a write was not taken");
    }

  private:
    Socket socket_;
    detail::OpensslPtr<SSL_CTX, SSL_CTX_free> context_;
    detail::OpensslPtr<SSL, SSL_free> ssl_;
};

template <class Stream>
class Floor final : public Contender {
  public:
    Floor(const Target& target, Receiver& receiver)
        : receiver_(receiver), payload_(target.payload_size), stream_(target) {
        frame_ = payload_ + (payload_ < 126 ? 2 : payload_ < 65536 ? 4 : 10);
        upgrade(target.path);
        stream_.stop_blocking();
    }

    void send(const void* payload, std::size_t size) override {
        std::array<std::byte, 1024> frame;
        if (frame_size(size) > frame.size()) throw std::length_error("the floor sends small messages");
        const std::size_t length =
            encode_frame(Opcode::binary, {static_cast<const std::byte*>(payload), size}, 0x5a5a5a5a, frame);
        stream_.write(frame.data(), length);
    }

    void poll() override {
        held_ += stream_.read(buffer_.data() + held_, buffer_.size() - held_);
        if (held_ < frame_) return;
        const std::size_t frames = held_ / frame_;
        if (receiver_.keeps_latencies())
            for (std::size_t i = 0; i < frames; ++i)
                receiver_.take(buffer_.data() + (i + 1) * frame_ - payload_, payload_);
        else
            receiver_.take_unseen(frames, payload_);
        // The bytes of a part of a frame are counted; where its end will stand matters to nobody but the
        // stamps.
        held_ -= frames * frame_;
        if (held_ > 0 && receiver_.keeps_latencies())
            std::memmove(buffer_.data(), buffer_.data() + frames * frame_, held_);
    }

  private:
    void upgrade(const std::string& path) {
        const std::string request = "GET " + path +
                                    " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
                                    "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                    "Sec-WebSocket-Version: 13\r\n\r\n";
        stream_.write(reinterpret_cast<const std::byte*>(request.data()), request.size());
        std::string answer;
        while (answer.find("\r\n\r\n") == std::string::npos)
            answer.append(reinterpret_cast<const char*>(buffer_.data()),
                          stream_.read(buffer_.data(), buffer_.size()));
        if (answer.compare(0, 12, "HTTP/1.1 101") != 0) throw std::runtime_error("the upgrade was refused");
    }

    Receiver& receiver_;
    const std::size_t payload_;
    std::size_t frame_ = 0;
    std::size_t held_ = 0;  // bytes of a frame that is not whole
    Stream stream_;
    std::array<std::byte, std::size_t{64} << 10> buffer_;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    if (target.tls) return std::make_unique<Floor<TlsSocket>>(target, receiver);
    return std::make_unique<Floor<Socket>>(target, receiver);
}

const ContenderRegistration registration({"floor", &make, 0});

}  // namespace
}  // namespace pinwheel::bench
