#pragma once

// The stream of a TLS 1.3 client after its handshake, without OpenSSL's record layer. Not installed.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tls_impl.h"
#include "tls_record_layer_impl.h"

namespace pinwheel::detail {

/// Opens records in the stream's receive buffer, and seals data into one record a call. OpenSSL receives
/// session tickets until the first other record, and is freed then. Threading: the reactor's thread.
/// Allocates: in take_over(); OpenSSL in the next two calls.
class TlsInPlace {
  public:
    /// Call it right after the handshake. Null if the connection is not a TLS 1.3 client's with AES-GCM, if
    /// the option is off, or if memory failed: then OpenSSL continues.
    [[nodiscard]] static std::unique_ptr<TlsInPlace> take_over(TlsStream::Impl& stream) noexcept;

    /// Like ByteStream::read_view(). The bytes are in the stream's receive buffer.
    [[nodiscard]] IoResult read(std::span<const std::byte>& bytes) noexcept;
    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept;
    /// Like ByteStream::write_some(). Data is taken once its whole record is sent.
    [[nodiscard]] IoResult write(std::span<const std::byte> in) noexcept;
    /// Tries to send close_notify behind the unsent bytes.
    void close() noexcept;

    [[nodiscard]] bool has_input() const noexcept {
        return !rest_.empty() || TlsRecordLayer::whole_record(stream_.rx.readable()) > 0;
    }
    [[nodiscard]] TlsInfo info() const { return info_; }

    /// For OpenSSL's BIO: the bytes of the ticket's record that it reads next.
    [[nodiscard]] std::size_t give_ticket(std::span<std::byte> out) noexcept;

  private:
    using What = TlsRecordLayer::What;

    explicit TlsInPlace(TlsStream::Impl& stream);

    [[nodiscard]] TlsRecordLayer::Opened open_before_data(std::span<std::byte> in) noexcept;
    [[nodiscard]] bool openssl_takes(std::span<const std::byte> ticket) noexcept;
    [[nodiscard]] IoResult without(What what) noexcept;
    [[nodiscard]] IoResult failed() noexcept;
    [[nodiscard]] IoResult cut_off() noexcept;
    [[nodiscard]] IoResult flush() noexcept;
    void send_last_alert() noexcept;

    TlsStream::Impl& stream_;
    TlsRecordLayer layer_;
    TlsInfo info_;
    std::span<const std::byte> rest_;    // the rest of the record that read_some() is returning
    std::span<const std::byte> ticket_;  // the ticket that OpenSSL is reading
    std::vector<std::byte> sealed_;
    std::size_t head_ = 0;   // the begin of the sealed, unsent bytes
    std::size_t tail_ = 0;   // their end
    std::size_t taken_ = 0;  // the data bytes in them, which the caller will bring again
};

}  // namespace pinwheel::detail
