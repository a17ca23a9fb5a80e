#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../core/error.h"
#include "byte_stream.h"

namespace pinwheel {

class TlsStream;

/// The implementation that opens and seals the records of a connection after its handshake.
enum class TlsRecords : std::uint8_t {
    openssl,
    /// Pinwheel opens records in the receive buffer if the connection is a client's with TLS 1.3 and AES-GCM.
    /// OpenSSL handles all other connections, and all handshakes. Resumption works with the tickets that come
    /// before the first data. AES-GCM is by libipsec-mb where build and CPU have it, else by OpenSSL's EVP.
    in_place,
};

/// TLS versions, certificates and ciphers. Files are PEM.
struct TlsOptions {
    /// Trusted certificates instead of the system's: a file, a folder of hashed names, or both.
    std::string ca_file{};
    std::string ca_path{};  ///< the folder
    /// This side's certificate chain and its key, for servers that ask for a client certificate.
    std::string certificate_file{};
    std::string key_file{};  ///< the key
    /// TLS 1.2 ciphers in OpenSSL's notation, and TLS 1.3 suites. Empty: OpenSSL's choice. A cipher list may
    /// set another security level, for example "DEFAULT:@SECLEVEL=3".
    std::string ciphers{};
    std::string cipher_suites{};  ///< of TLS 1.3
    bool allow_tls12 = true;      ///< one of the two must be allowed
    bool allow_tls13 = true;      ///< one of the two must be allowed
    /// Resume sessions on later connections of the same context to the same host and port.
    bool session_resumption = true;
    TlsRecords records = TlsRecords::openssl;  ///< for clients; TlsInfo::records has the outcome
    /// Appends the session keys to the file that SSLKEYLOGFILE names. Anyone who has that file can read the
    /// traffic. A new file gets permissions for this user alone.
    bool honour_sslkeylogfile = false;
    /// Disables verification: anyone on the path may then read and change all traffic.
    bool dangerously_disable_certificate_verification = false;
};

/// Certificates, trust and sessions, shared by its streams. Certificates are verified by default: chain, host
/// name or IP address (among the alternative names; the common name does not count), and dates. TLS 1.2 at
/// least, no renegotiation, OpenSSL's security level 2: no RSA key below 2048 bits, no curve below 224, no
/// signature over SHA-1. Threading: one thread, that of its streams. Must outlive them.
class TlsContext {
  public:
    /// For clients. Throws std::system_error (Errc::tls_setup); the text names the file and its fault.
    explicit TlsContext(const TlsOptions& options = {});
    /// For servers, which must have a certificate. With a `ca_file` it requires a certificate of the client.
    [[nodiscard]] static TlsContext server(const TlsOptions& options);
    ~TlsContext();
    /// Not while it has streams.
    TlsContext(TlsContext&&) noexcept;
    /// Not while this one has streams.
    TlsContext& operator=(TlsContext&&) noexcept;

    /// A client's stream over `lower` (which is connected) to `host`, a name or an IP literal. Call
    /// handshake() next. Throws std::system_error (Errc::tls_setup) for a name that no certificate can have.
    [[nodiscard]] std::unique_ptr<TlsStream> client(std::unique_ptr<ByteStream> lower,
                                                    const std::string& host, std::uint16_t port);
    /// A server's stream.
    [[nodiscard]] std::unique_ptr<TlsStream> accept(std::unique_ptr<ByteStream> lower);

    /// The implementation that opens records in place, on this machine and in this build.
    [[nodiscard]] static TlsRecordsBy in_place_records() noexcept;

    /// False if the `dangerously_` option is set.
    [[nodiscard]] bool verifies() const noexcept;

    struct Impl;

  private:
    explicit TlsContext(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
