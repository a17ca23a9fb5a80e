#pragma once

// Sockets of contenders written by hand: blocking during the setup, then non-blocking.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "../../net/openssl_ptr_impl.h"
#include "../../net/tcp_stream.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../net/unique_fd.h"
#include "contender.h"

namespace pinwheel::bench {

inline UniqueFd connect_to_loopback(std::uint16_t port) {
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

/// A blocking socket during the setup, then a non-blocking one.
class Socket {
  public:
    explicit Socket(const Target& target) : fd_(connect_to_loopback(target.port)) {}

    void stop_blocking() {
        if (::fcntl(fd_.get(), F_SETFL, O_NONBLOCK) != 0)
            throw std::system_error(errno, std::system_category(), "fcntl");
    }
    /// 0: no bytes are available.
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

/// The library's stream, whose records are opened in place.
class InPlaceSocket {
  public:
    explicit InPlaceSocket(const Target& target)
        : context_({.ca_file = target.ca_file, .records = TlsRecords::in_place}),
          stream_(context_.client(std::make_unique<TcpStream>(connect_to_loopback(target.port)), "localhost",
                                  target.port)) {
        IoResult result = IoResult::again();
        while (result.status == IoStatus::would_block) result = stream_->handshake();
        if (result.status != IoStatus::ok || stream_->tls_info().records == TlsRecordsBy::openssl)
            throw std::runtime_error("no TLS in place");
    }

    void stop_blocking() {
        if (::fcntl(stream_->fd(), F_SETFL, O_NONBLOCK) != 0)
            throw std::system_error(errno, std::system_category(), "fcntl");
    }
    std::size_t read(std::byte* out, std::size_t size) { return checked(stream_->read_some({out, size})); }
    /// The bytes in place; `room` is not used.
    std::size_t view(std::span<std::byte> room, std::span<const std::byte>& bytes) {
        return checked(stream_->read_view(room, bytes));
    }
    void write(const std::byte* in, std::size_t size) {
        if (stream_->write_some({in, size}).bytes != size) throw std::runtime_error("a write was not taken");
    }

  private:
    static std::size_t checked(const IoResult& got) {
        if (got.status == IoStatus::ok || got.status == IoStatus::would_block) return got.bytes;
        throw std::runtime_error("the server ended the connection");
    }

    TlsContext context_;
    std::unique_ptr<TlsStream> stream_;
};

/// Requests `path` and reads the answer. No other bytes may come.
template <class Stream>
void upgrade(Stream& stream, const std::string& path) {
    const std::string request = "GET " + path +
                                " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
                                "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Version: 13\r\n\r\n";
    stream.write(reinterpret_cast<const std::byte*>(request.data()), request.size());
    std::string answer;
    std::array<std::byte, 1024> room{};
    while (answer.find("\r\n\r\n") == std::string::npos)
        answer.append(reinterpret_cast<const char*>(room.data()), stream.read(room.data(), room.size()));
    if (answer.compare(0, 12, "HTTP/1.1 101") != 0) throw std::runtime_error("the upgrade was refused");
}

}  // namespace pinwheel::bench
