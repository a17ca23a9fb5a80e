#pragma once

// What the TLS context and its streams share. Not installed.

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>

#include "../core/byte_buffer.h"
#include "tls_context.h"
#include "tls_stream.h"

namespace pinwheel {
namespace detail {

template <auto Free>
struct OpensslFree {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>>;

/// OpenSSL's reason for a failure in words; clears its queue.
[[nodiscard, gnu::visibility("hidden")]] std::string openssl_reason();

/// A BIO whose data is the TlsStream::Impl.
[[nodiscard, gnu::visibility("hidden")]] BIO* make_stream_bio(void* stream);

}  // namespace detail

struct TlsContext::Impl {
    detail::SslCtxPtr ctx;
    bool verify = true;
    /// The newest session of each host:port.
    std::map<std::string, detail::SessionPtr> sessions;
};

struct TlsStream::Impl {
    Impl(TlsContext::Impl& its_context, std::unique_ptr<ByteStream> its_lower);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// Reads once from below. False: there was nothing, `ended` says whether there ever will be.
    [[nodiscard]] bool refill() noexcept;
    [[nodiscard]] bool has_whole_record() const noexcept;
    [[nodiscard]] IoResult failure(int result, Errc code) noexcept;

    TlsContext::Impl& context;
    std::unique_ptr<ByteStream> lower;
    ByteBuffer rx;
    detail::SslPtr ssl;
    std::string host;                    // as dialled; empty for a server's stream
    std::string peer;                    // the key of its session
    IoResult ended = IoResult::again();  // how the lower stream ended, once it has
    bool blocked_write = false;
    std::string detail;
};

}  // namespace pinwheel
