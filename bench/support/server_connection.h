#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../net/openssl_ptr_impl.h"
#include "../../net/unique_fd.h"
#include "../../proto/websocket/opcode.h"

namespace pinwheel::bench {

/// The request of a client, by its path. The answer to each of its messages:
///   /echo                          the same message
///   /burst/FRAMES/SIZE/BURSTS      BURSTS times FRAMES texts of SIZE bytes, each burst in one write; over
///                                  TLS in as few records as hold it
///   /binary/FRAMES/SIZE/BURSTS     the same with binary messages
///   /records/FRAMES/SIZE/BURSTS    the same with texts, over TLS with a record for each
///   /paced/RATE/SIZE/COUNT         COUNT texts of SIZE bytes, RATE a second, each stamped with its due time
struct Role {
    enum class Kind : std::uint8_t { echo, burst, records, paced } kind = Kind::echo;
    std::uint64_t first = 0;
    std::uint64_t size = 0;
    std::uint64_t times = 0;
    Opcode opcode = Opcode::text;

    [[nodiscard]] static Role parse(std::string_view path);
};

/// One client of the server: it uses no library but OpenSSL, does not block, and allocates nothing once it
/// runs.
class ServerConnection {
  public:
    /// `tls` may be null. `written` counts the bytes that the kernel took.
    ServerConnection(UniqueFd fd, SSL_CTX* tls, std::atomic<std::uint64_t>& written);

    /// Reads the available bytes if it is `readable`, and writes the due ones. False: the connection is over.
    [[nodiscard]] bool turn(std::int64_t now, bool readable);
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    [[nodiscard]] bool receive(std::int64_t now);
    [[nodiscard]] bool take_request();
    [[nodiscard]] bool take_frames(std::int64_t now);
    void answer(std::string_view payload, std::int64_t now);
    void produce(std::int64_t now);
    void number_frames();
    void queue(std::string_view bytes);
    void collect_records();
    [[nodiscard]] bool flush();

    UniqueFd fd_;
    std::atomic<std::uint64_t>& written_;
    detail::OpensslPtr<SSL, SSL_free> ssl_;
    BIO* records_ = nullptr;  // the bytes that TLS sends next
    bool upgraded_ = false;
    Role role_;
    std::string in_;
    std::string out_;
    std::size_t sent_ = 0;      // of out_
    std::string frames_;        // of a burst, or the one that is paced
    std::size_t frame_ = 0;     // bytes of each
    std::uint64_t number_ = 0;  // of the last one sent
    std::uint64_t left_ = 0;    // bursts or frames
    std::int64_t due_ = 0;      // the time when the next paced frame leaves
};

}  // namespace pinwheel::bench
