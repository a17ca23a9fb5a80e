#pragma once

// Shared by the TLS context and its streams. Not installed.

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "../core/receive_buffer.h"
#include "openssl_ptr_impl.h"
#include "tls_context.h"
#include "tls_key_schedule_impl.h"
#include "tls_stream.h"

namespace pinwheel {
namespace detail {

class TlsInPlace;

using SslCtxPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using SessionPtr = OpensslPtr<SSL_SESSION, SSL_SESSION_free>;

/// OpenSSL's reason for a failure in words. Clears its queue.
[[nodiscard, gnu::visibility("hidden")]] std::string openssl_reason();

/// A code other than ok if OpenSSL's first error is a shortage of descriptors or memory on this machine.
[[nodiscard, gnu::visibility("hidden")]] Errc exhaustion() noexcept;

/// Clears earlier errors on this thread, by any user of OpenSSL. They would be attributed to the next call.
[[gnu::visibility("hidden")]] void forget_earlier_errors() noexcept;

/// The remedy for a refused certificate (X509_V_ERR_*), and for OpenSSL's reason of a failure (SSL_R_*).
/// Empty if there is none.
[[nodiscard, gnu::visibility("hidden")]] std::string_view certificate_advice(long verify_result) noexcept;
[[nodiscard, gnu::visibility("hidden")]] std::string_view failure_advice(int reason) noexcept;

/// A BIO whose data is the TlsStream::Impl.
[[nodiscard, gnu::visibility("hidden")]] BIO* make_stream_bio(void* stream);

}  // namespace detail

struct TlsContext::Impl {
    detail::SslCtxPtr ctx;
    bool verify = true;
    bool logs_keys = false;
    TlsRecords records = TlsRecords::openssl;
    /// The newest session of each host:port.
    std::map<std::string, detail::SessionPtr> sessions;
};

struct TlsStream::Impl {
    Impl(TlsContext::Impl& its_context, std::unique_ptr<ByteStream> its_lower);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// Reads once from below. False: nothing was read; `ended` tells a wait from an end.
    [[nodiscard]] bool refill() noexcept;
    /// The size of the first record in `rx` if it is complete, else 0. If it is not TLS: the size of all
    /// bytes, for OpenSSL to refuse.
    [[nodiscard]] std::size_t whole_record() const noexcept;
    /// Counts the records that OpenSSL took in one call. False: the peer has sent too many without data.
    [[nodiscard]] bool note_records(bool with_data) noexcept;
    [[nodiscard]] IoResult flooded() noexcept;
    [[nodiscard]] IoResult failure(int result, Errc code) noexcept;
    [[nodiscard]] TlsInfo info() const;
    /// Frees OpenSSL's part, with its keys.
    void release_openssl() noexcept;

    TlsContext::Impl& context;
    std::unique_ptr<ByteStream> lower;
    ReceiveBuffer rx;
    detail::SslPtr ssl;                  // null once records in place no longer need it
    std::string host;                    // as dialled; empty for a server's stream
    std::string peer;                    // the key of its session
    IoResult ended = IoResult::again();  // the end of the lower stream, once it has ended
    std::size_t record_left = 0;         // bytes of the record that OpenSSL is reading
    int records_taken = 0;               // by OpenSSL, in this call; one above the bound if it asked for more
    int excess = 0;                      // records without data, minus records with data
    bool pending = false;                // OpenSSL holds decrypted bytes
    bool blocked_write = false;
    bool read_needs_write = false;
    /// The answer to a key update waits behind a record that the lower stream has taken in part. Another key
    /// update that asks for an answer would make OpenSSL write into the middle of that record, which fails
    /// ("bad length").
    [[nodiscard]] bool answer_is_stuck() const noexcept {
        return blocked_write && SSL_get_key_update_type(ssl.get()) != SSL_KEY_UPDATE_NONE;
    }
    bool write_needs_read = false;
    bool established = false;
    Errc exhausted = Errc::ok;  // the resource of this machine that ran out at the failure
    int reason = 0;             // OpenSSL's reason of the failure that `detail` describes
    std::string detail;
    detail::TrafficSecrets secrets;                // until the handshake is done
    std::unique_ptr<detail::TlsInPlace> in_place;  // null: OpenSSL opens the records
};

}  // namespace pinwheel
