#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "../../../net/tls_key_schedule_impl.h"
#include "../../../tools/feed/cert_authority.h"
#include "../../support/memory_stream.h"

namespace pinwheel::test {

/// The setup of the peer: every feature of OpenSSL, safe or not.
struct PeerOptions {
    Identity identity{};
    int oldest = TLS1_2_VERSION;
    int newest = TLS1_3_VERSION;
    std::string client_ca{};      ///< PEM; if set, clients must present a certificate of it
    std::string ciphers{};        ///< TLS 1.2
    std::string suites{};         ///< TLS 1.3
    std::string protocol{};       ///< the only ALPN protocol that it accepts; empty: ALPN is ignored
    std::size_t tickets = 2;      ///< after a TLS 1.3 handshake
    std::string dh_group{};       ///< a named curve for the key exchange
    bool knows_the_name = true;   ///< if false, it refuses the name with an alert
    bool session_tickets = true;  ///< TLS 1.2
};

/// A TLS server that is plain OpenSSL, at the far end of two directions in memory.
class OpensslPeer {
  public:
    OpensslPeer(PeerOptions options, MemoryStream::Way from_client, MemoryStream::Way to_client);
    ~OpensslPeer();
    OpensslPeer(const OpensslPeer&) = delete;
    OpensslPeer& operator=(const OpensslPeer&) = delete;

    /// A new connection to the same server, for resumption.
    void reconnect(MemoryStream::Way from_client, MemoryStream::Way to_client);
    /// Continues the handshake; true once it is done.
    bool shake();
    void write(std::string_view text);
    /// All bytes that the client has sent so far.
    [[nodiscard]] std::string read();
    /// Asks for a renegotiation (TLS 1.2).
    void renegotiate();
    void update_keys(bool ask_the_client_too);
    void send_ticket();
    void close_notify();
    /// Holds back all bytes that OpenSSL sends until release().
    void hold() { held_ = true; }
    void release();

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] bool refused_renegotiation() const noexcept { return refused_renegotiation_; }
    [[nodiscard]] const std::string& name_seen() const noexcept { return name_seen_; }
    [[nodiscard]] const std::string& protocols_seen() const noexcept { return protocols_seen_; }
    /// The cipher of the connection's application data.
    [[nodiscard]] const detail::TrafficSecrets& secrets() const noexcept { return secrets_; }
    /// True once the client has sent close_notify.
    [[nodiscard]] bool ended() const;
    /// The subject of the client's certificate; empty if there is none.
    [[nodiscard]] std::string client_subject() const;

  private:
    struct Impl;
    static int on_name(ssl_st* ssl, int* alert, void* self);
    void take_in();
    void give_out();

    std::unique_ptr<Impl> impl_;
    MemoryStream::Way in_;
    MemoryStream::Way out_;
    bool held_ = false;
    bool failed_ = false;
    bool refused_renegotiation_ = false;
    detail::TrafficSecrets secrets_;
    std::string name_seen_;
    std::string protocols_seen_;
};

}  // namespace pinwheel::test
