#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "../core/clock.h"
#include "../core/io_result.h"
#include "disposable.h"

namespace pinwheel {

/// Who opens and seals the records of a TLS connection after its handshake. In place is the library itself
/// (TlsOptions::records), with AES-GCM by OpenSSL's EVP or by libipsec-mb.
enum class TlsRecordsBy : std::uint8_t { openssl, in_place_evp, in_place_ipsec_mb };

/// What TLS agreed on; `version` is empty on a stream without TLS.
struct TlsInfo {
    std::string version{};                         ///< such as `TLSv1.3`
    std::string cipher{};                          ///< OpenSSL's name
    bool resumed = false;                          ///< a session taken up again
    bool verified = false;                         ///< the certificate was checked and is good
    TlsRecordsBy records = TlsRecordsBy::openssl;  ///< who opens and seals the records
};

/// How a stream stands after its last call: what the readiness of its descriptor does not show.
struct StreamStatus {
    /// The kernel's time of arrival of the bytes last read; the epoch if it gives none.
    SystemTime arrival_time{};
    /// read_some() may give bytes although the descriptor shows none: TLS holds them back, or a call has done
    /// as much as turn_bounds.h allows.
    bool has_buffered_input = false;
    /// The last read took as much from the kernel as it had room for: more may wait there.
    bool filled = false;
    /// The last would_block waits for the descriptor to become writable.
    bool wants_write = false;
    /// Reading goes on only once the descriptor is writable (TLS must answer first): its readability is of no
    /// use until then.
    bool reads_wait_for_write = false;
    /// Writing goes on only after more has been read (TLS holds a part of a handshake message).
    bool writes_wait_for_read = false;
};

/// What a stream has to tell beside its bytes; by default nothing.
class StreamDetails {
  public:
    virtual ~StreamDetails() = default;

    /// More about the last error, for a message; empty if there is nothing to add. Holds no payload.
    [[nodiscard]] virtual std::string error_detail() const { return {}; }

    /// What TLS agreed on, once connected.
    [[nodiscard]] virtual TlsInfo tls_info() const { return {}; }

    /// Tells the dialer whether the peer's address serves what is wanted of it: one that does not comes last
    /// when the same target is dialled again.
    virtual void rate_peer(bool /*works*/) noexcept {}
};

/// A connected, non-blocking, two-way stream of bytes: TCP, TLS over TCP, or a script in a test.
/// Threading: the reactor's thread. No call blocks, throws or spins on EAGAIN.
class ByteStream : public Disposable {
  public:
    /// Reads what is there now, at most `out.size()` bytes (which is above 0).
    [[nodiscard]] virtual IoResult read_some(std::span<std::byte> out) noexcept = 0;

    /// Reads as read_some() does, but a stream that has the bytes in a buffer of its own shows them there:
    /// `bytes` lie there or at the front of `room`, and stay until the next call that reads. 64 readable
    /// bytes follow them if 64 follow `room`. `bytes` is empty unless the result is ok.
    [[nodiscard]] virtual IoResult read_view(std::span<std::byte> room,
                                             std::span<const std::byte>& bytes) noexcept {
        const IoResult got = read_some(room);
        bytes = room.first(got.bytes);
        return got;
    }

    /// Takes a prefix of `in` (which is not empty). After would_block the next call brings the same bytes,
    /// possibly from another address and with more behind them.
    [[nodiscard]] virtual IoResult write_some(std::span<const std::byte> in) noexcept = 0;

    /// Tells the peer, as far as that goes without waiting, that nothing more will be written
    /// (TLS close_notify, TCP FIN). Reading goes on.
    virtual void shutdown_write() noexcept = 0;

    /// Makes the destructor reset the connection (TCP RST) where it would otherwise close it in order.
    virtual void abort() noexcept = 0;

    /// The descriptor to watch for readiness; -1: none, try at every turn.
    [[nodiscard]] virtual int fd() const noexcept = 0;

    /// What the caller must know to wait for the right thing.
    [[nodiscard]] virtual StreamStatus status() const noexcept { return {}; }

    /// Cold facts, for messages, stats and the dialer. Lives as long as the stream.
    [[nodiscard]] virtual StreamDetails& details() noexcept {
        static StreamDetails none;
        return none;
    }
};

}  // namespace pinwheel
