#pragma once

#include <memory>
#include <string>

#include "byte_stream.h"

namespace pinwheel {

/// TLS over another stream. One read of the lower stream fills one large buffer. OpenSSL takes all complete
/// records from it, or they are opened there (TlsOptions::records). A poll without a complete record makes no
/// OpenSSL call. Threading: the reactor's thread. Allocates: at construction, and within OpenSSL until the
/// handshake is done.
class TlsStream final : public ByteStream, public StreamDetails {
  public:
    ~TlsStream() override;

    /// Continues the handshake. ok: the handshake is done and the peer verified. would_block: call again in
    /// the next turn if status() has_buffered_input, else when the descriptor is readable, or writable if
    /// wants_write. A call takes a bounded number of records (turn_bounds.h).
    [[nodiscard]] IoResult handshake() noexcept;

    /// eof after the peer's close_notify. An end of the lower stream without it is an error (truncation), and
    /// so is a flood of records without data (tls_failure). would_block with has_buffered_input after as many
    /// records without data as turn_bounds.h allows.
    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override;
    [[nodiscard]] IoResult read_view(std::span<std::byte> room,
                                     std::span<const std::byte>& bytes) noexcept override;
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override;
    void shutdown_write() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] int fd() const noexcept override;
    [[nodiscard]] StreamStatus status() const noexcept override;
    [[nodiscard]] StreamDetails& details() noexcept override { return *this; }
    [[nodiscard]] std::string error_detail() const override;
    [[nodiscard]] TlsInfo tls_info() const override;
    void rate_peer(bool works) noexcept override;

    struct Impl;

  private:
    friend class TlsContext;
    explicit TlsStream(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
