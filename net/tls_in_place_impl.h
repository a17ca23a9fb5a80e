#pragma once

// A TLS 1.3 client's stream after its handshake, whose records are not OpenSSL's any more. Not installed.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tls_impl.h"
#include "tls_record_layer_impl.h"

namespace pinwheel::detail {

/// Opens records where they lie in the stream's receive buffer, and seals data into one record a call.
/// OpenSSL hears of session tickets until the first other record, and is freed then. Threading: the
/// reactor's thread. Allocates: in take_over(); OpenSSL within the two others.
class TlsInPlace {
  public:
    /// Only right after the handshake. Null if it is not a TLS 1.3 client's with AES-GCM, nobody asked for
    /// it, or memory failed: then OpenSSL goes on.
    [[nodiscard]] static std::unique_ptr<TlsInPlace> take_over(TlsStream::Impl& stream) noexcept;

    /// As ByteStream::read_view(); the bytes are in the stream's receive buffer.
    [[nodiscard]] IoResult read(std::span<const std::byte>& bytes) noexcept;
    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept;
    /// As ByteStream::write_some(): data is taken once its whole record is out.
    [[nodiscard]] IoResult write(std::span<const std::byte> in) noexcept;
    /// Tries close_notify, behind what is not out yet.
    void close() noexcept;

    [[nodiscard]] bool has_input() const noexcept {
        return !rest_.empty() || TlsRecordLayer::whole_record(stream_.rx.readable()) > 0;
    }
    [[nodiscard]] TlsInfo info() const { return info_; }

    /// For OpenSSL's BIO: bytes of the ticket's record that it is to read now.
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
    std::span<const std::byte> rest_;    // of the record that read_some() is giving out
    std::span<const std::byte> ticket_;  // that OpenSSL is reading
    std::vector<std::byte> sealed_;
    std::size_t head_ = 0;   // of what is sealed and not sent
    std::size_t tail_ = 0;   // its end
    std::size_t taken_ = 0;  // bytes of data in there, which the caller will bring again
};

}  // namespace pinwheel::detail
