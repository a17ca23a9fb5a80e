#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "../core/clock.h"
#include "../core/io_result.h"
#include "disposable.h"

namespace pinwheel {

/// The implementation that opens and seals the records of a TLS connection after its handshake. In place: the
/// library itself (TlsOptions::records), with AES-GCM by OpenSSL's EVP or by libipsec-mb.
enum class TlsRecordsBy : std::uint8_t { openssl, in_place_evp, in_place_ipsec_mb };

/// The result of the TLS handshake. `version` is empty on a stream without TLS.
struct TlsInfo {
    std::string version{};                         ///< for example `TLSv1.3`
    std::string cipher{};                          ///< OpenSSL's name of it
    bool resumed = false;                          ///< the session was resumed
    bool verified = false;                         ///< the certificate was verified
    TlsRecordsBy records = TlsRecordsBy::openssl;  ///< the implementation that opens and seals the records
};

/// The state of a stream after its last call, beyond the readiness of its descriptor.
struct StreamStatus {
    /// The kernel's arrival time of the bytes last read; the epoch if it is not known.
    SystemTime arrival_time{};
    /// read_some() may return bytes although the descriptor is not ready: TLS holds decrypted bytes, or a
    /// call has reached a bound of turn_bounds.h.
    bool has_buffered_input = false;
    /// The last read filled its room: the kernel may hold more.
    bool filled = false;
    /// The last would_block waits for the descriptor to become writable.
    bool wants_write = false;
    /// Reading continues only once the descriptor is writable, because TLS must answer first. Until then its
    /// readability means nothing.
    bool reads_wait_for_write = false;
    /// Writing continues only after another read, because TLS holds a part of a handshake message.
    bool writes_wait_for_read = false;
};

/// Details of a stream beside its bytes. All are empty by default.
class StreamDetails {
  public:
    virtual ~StreamDetails() = default;

    /// More about the last error, for a message; may be empty. Holds no payload.
    [[nodiscard]] virtual std::string error_detail() const { return {}; }

    /// The result of the TLS handshake, once connected.
    [[nodiscard]] virtual TlsInfo tls_info() const { return {}; }

    /// Reports to the dialer whether the service at the peer's address works. A failed address comes last at
    /// the next dial of the same target.
    virtual void rate_peer(bool /*works*/) noexcept {}
};

/// A connected, non-blocking, bidirectional stream of bytes: TCP, TLS over TCP, or a script in a test.
/// Threading: the reactor's thread. No call blocks, throws or spins on EAGAIN.
class ByteStream : public Disposable {
  public:
    /// Reads the bytes that are available now, at most `out.size()` (above 0).
    [[nodiscard]] virtual IoResult read_some(std::span<std::byte> out) noexcept = 0;

    /// Reads like read_some(), but may return a view instead of a copy: `bytes` lie in the stream's own
    /// buffer or at the front of `room`, and stay valid until the next read. 64 readable bytes follow them if
    /// 64 follow `room`. `bytes` is empty unless the result is ok.
    [[nodiscard]] virtual IoResult read_view(std::span<std::byte> room,
                                             std::span<const std::byte>& bytes) noexcept {
        const IoResult got = read_some(room);
        bytes = room.first(got.bytes);
        return got;
    }

    /// Takes a prefix of `in` (which is not empty). After would_block the next call must bring the same
    /// bytes; their address may differ, and more may follow them.
    [[nodiscard]] virtual IoResult write_some(std::span<const std::byte> in) noexcept = 0;

    /// Half-closes the stream as far as that is possible without waiting (TLS close_notify, TCP FIN): nothing
    /// more is written. Reading continues.
    virtual void shutdown_write() noexcept = 0;

    /// Makes the destructor reset the connection (TCP RST) instead of closing it in order.
    virtual void abort() noexcept = 0;

    /// The descriptor to watch for readiness. -1: none; the caller tries at every turn.
    [[nodiscard]] virtual int fd() const noexcept = 0;

    /// The state that the caller needs to choose its next wait.
    [[nodiscard]] virtual StreamStatus status() const noexcept { return {}; }

    /// Cold details for messages, statistics and the dialer. Lives as long as the stream.
    [[nodiscard]] virtual StreamDetails& details() noexcept {
        static StreamDetails none;
        return none;
    }
};

}  // namespace pinwheel
