#pragma once

// Peers of a client's socket, for counting the client's instructions: they add few a message.

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../net/openssl_ptr_impl.h"
#include "../../net/tcp_stream.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../net/unique_fd.h"
#include "../../proto/websocket/accept_key.h"
#include "../../tools/feed/temporary_identity.h"

namespace pinwheel::bench {

inline void require_done(bool done) {
    if (!done) std::abort();
}

class Peer {
  public:
    Peer() = default;
    virtual ~Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// The client's end of a new connection.
    [[nodiscard]] virtual std::unique_ptr<ByteStream> connect() = 0;

    /// Accepts the upgrade, then sends the bytes of the client's next turn.
    void send_next() {
        if (fd_.get() < 0) return;
        if (accepted_) return send(next());
        std::array<char, 4096> request{};
        const std::size_t got = read(request);
        if (got == 0) return;
        static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        const std::string_view text(request.data(), got);
        accept(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            accept_for_key(text.substr(text.find(kKey) + kKey.size(), 24)) + "\r\n\r\n");
        accepted_ = true;
    }
    /// Takes the bytes that the client has sent; returns their number.
    std::size_t drain() {
        const ssize_t got = ::recv(fd_.get(), drained_.data(), drained_.size(), 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    [[nodiscard]] bool accepted() const noexcept { return accepted_; }

  protected:
    [[nodiscard]] virtual std::size_t read(std::span<char> request) = 0;
    virtual void accept(const std::string& answer) = 0;
    [[nodiscard]] virtual std::string_view next() = 0;

    void send(std::string_view bytes) {
        require_done(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                     static_cast<ssize_t>(bytes.size()));
    }
    /// This end is fd_.
    [[nodiscard]] UniqueFd make_ends() {
        std::array<int, 2> ends{};
        require_done(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
        fd_ = UniqueFd(ends[0]);
        return UniqueFd(ends[1]);
    }

    UniqueFd fd_;

  private:
    bool accepted_ = false;
    std::array<char, std::size_t{64} << 10> drained_{};
};

/// Sends the same frames repeatedly.
class PlainPeer final : public Peer {
  public:
    PlainPeer(const std::string& frames, std::size_t a_read) : frames_(frames), a_read_(a_read) {}
    [[nodiscard]] std::unique_ptr<ByteStream> connect() override {
        return std::make_unique<TcpStream>(make_ends(), false);
    }

  private:
    [[nodiscard]] std::size_t read(std::span<char> request) override {
        const ssize_t got = ::recv(fd_.get(), request.data(), request.size(), 0);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    void accept(const std::string& answer) override { send(answer); }
    [[nodiscard]] std::string_view next() override {
        const std::size_t count = std::min(frames_.size() - at_, a_read_);
        const auto part = std::string_view(frames_).substr(at_, count);
        at_ = (at_ + count) % frames_.size();
        return part;
    }

    const std::string& frames_;
    const std::size_t a_read_;
    std::size_t at_ = 0;
};

/// The same over TLS, with one record for all frames together. All records are sealed at the start, so that
/// their instructions do not depend on the number sent.
class SealedPeer final : public Peer {
  public:
    static constexpr std::size_t kRecords = 30'000;

    SealedPeer(const std::string& frames, TlsRecords records)
        : frames_(frames),
          client_context_({.ca_file = identity_.authority_file(), .records = records}),
          context_(SSL_CTX_new(TLS_server_method())) {
        require_done(
            SSL_CTX_use_certificate_chain_file(context_.get(), identity_.certificate_file().c_str()) == 1 &&
            SSL_CTX_use_PrivateKey_file(context_.get(), identity_.key_file().c_str(), SSL_FILETYPE_PEM) ==
                1 &&
            SSL_CTX_set_ciphersuites(context_.get(), "TLS_AES_128_GCM_SHA256") == 1);
    }
    [[nodiscard]] std::unique_ptr<ByteStream> connect() override {
        auto stream =
            client_context_.client(std::make_unique<TcpStream>(make_ends(), false), "localhost", 443);
        ssl_.reset(SSL_new(context_.get()));
        require_done(SSL_set_fd(ssl_.get(), fd_.get()) == 1);
        SSL_set_accept_state(ssl_.get());
        for (auto result = IoResult::again(); result.status == IoStatus::would_block;) {
            result = stream->handshake();
            require_done(result.status != IoStatus::error);
            SSL_do_handshake(ssl_.get());
        }
        require_done(SSL_do_handshake(ssl_.get()) == 1);
        return stream;
    }

  private:
    [[nodiscard]] std::size_t read(std::span<char> request) override {
        const int got = SSL_read(ssl_.get(), request.data(), static_cast<int>(request.size()));
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    void accept(const std::string& answer) override {
        require_done(SSL_write(ssl_.get(), answer.data(), static_cast<int>(answer.size())) > 0);
        BIO* const sealed = BIO_new(BIO_s_mem());
        SSL_set0_wbio(ssl_.get(), sealed);
        for (std::size_t i = 0; i < kRecords && frames_.size() < 1024; ++i) {
            require_done(SSL_write(ssl_.get(), frames_.data(), static_cast<int>(frames_.size())) > 0);
            std::string& record = records_.emplace_back(2048, '\0');
            record.resize(
                static_cast<std::size_t>(BIO_read(sealed, record.data(), static_cast<int>(record.size()))));
        }
    }
    [[nodiscard]] std::string_view next() override {
        require_done(sent_ < records_.size());
        return records_[sent_++];
    }

    const TemporaryIdentity identity_;
    const std::string& frames_;
    TlsContext client_context_;
    detail::OpensslPtr<SSL_CTX, SSL_CTX_free> context_;
    detail::OpensslPtr<SSL, SSL_free> ssl_;
    std::vector<std::string> records_;
    std::size_t sent_ = 0;
};

}  // namespace pinwheel::bench
