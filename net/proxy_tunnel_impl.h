#pragma once

// The handshake with a proxy over a stream. Not installed.

#include <memory>
#include <string>

#include "byte_stream.h"
#include "proxy_handshake_impl.h"

namespace pinwheel::detail {

/// Owns a connected stream to a proxy until the proxy has connected to the target. Threading: the reactor's
/// thread. A call does a bounded number of reads (turn_bounds.h).
class ProxyTunnel {
  public:
    /// `proxy` names the proxy in errors.
    ProxyTunnel(std::unique_ptr<ByteStream> stream, std::unique_ptr<ProxyHandshake> handshake,
                std::string proxy)
        : stream_(std::move(stream)), handshake_(std::move(handshake)), proxy_(std::move(proxy)) {}

    enum class Status { in_progress, open, failed };

    /// Continues the handshake as far as the stream allows.
    [[nodiscard]] Status advance();
    /// While in progress: the handshake waits for the stream to become writable, not readable.
    [[nodiscard]] bool wants_write() const noexcept { return !handshake_->output().empty(); }
    /// While in progress: the last call reached its bound, and more bytes may be available.
    [[nodiscard]] bool is_cut_short() const noexcept { return is_cut_short_; }
    /// After `failed`; names the proxy.
    [[nodiscard]] const Error& error() const noexcept { return error_; }

    [[nodiscard]] ByteStream& stream() noexcept { return *stream_; }
    /// After `open`: the connection to the target.
    [[nodiscard]] std::unique_ptr<ByteStream> release() noexcept { return std::move(stream_); }

  private:
    [[nodiscard]] Status fail(Errc code, const std::string& what);

    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<ProxyHandshake> handshake_;
    const std::string proxy_;
    Error error_;
    bool is_cut_short_ = false;
};

}  // namespace pinwheel::detail
