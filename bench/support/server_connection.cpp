#include "server_connection.h"

#include <openssl/evp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <new>
#include <optional>

#include "../../core/bytes.h"
#include "../../proto/websocket/accept_key.h"
#include "../../proto/websocket/frame_codec.h"
#include "contender.h"

namespace pinwheel::bench {
namespace {

constexpr std::size_t kRead = std::size_t{64} << 10;

std::string encode(Opcode opcode, std::string_view payload) {
    std::string frame(frame_size(payload.size()), '\0');
    frame.resize(
        encode_frame(opcode, bytes_of(payload), std::nullopt, std::as_writable_bytes(std::span(frame))));
    return frame;
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string_view header_value(std::string_view request, std::string_view name) {
    for (std::size_t at = request.find("\r\n"); at != std::string_view::npos; at = request.find("\r\n", at)) {
        at += 2;
        const auto line = request.substr(at, request.find("\r\n", at) - at);
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            ::strncasecmp(line.data(), name.data(), name.size()) != 0)
            continue;
        const auto value = line.substr(name.size() + 1);
        return value.substr(std::min(value.find_first_not_of(' '), value.size()));
    }
    return {};
}

}  // namespace

Role Role::parse(std::string_view path) {
    std::array<std::string_view, 5> parts;
    for (auto& part : parts) {
        part = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(part.size() + 1, path.size()));
    }
    Role role{.first = number_of(parts[2]), .size = number_of(parts[3]), .times = number_of(parts[4])};
    if (parts[1] == "binary") role.opcode = Opcode::binary;
    role.kind = parts[1] == "burst"     ? Kind::burst
                : parts[1] == "binary"  ? Kind::burst
                : parts[1] == "records" ? Kind::records
                : parts[1] == "paced"   ? Kind::paced
                                        : Kind::echo;
    return role;
}

ServerConnection::ServerConnection(UniqueFd fd, SSL_CTX* tls, std::atomic<std::uint64_t>& written)
    : fd_(std::move(fd)), written_(written) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    BIO* const socket = BIO_new_socket(fd_.get(), BIO_NOCLOSE);
    records_ = BIO_new(BIO_s_mem());
    if (!ssl_ || socket == nullptr || records_ == nullptr) throw std::bad_alloc();
    SSL_set_bio(ssl_.get(), socket, records_);
    SSL_set_accept_state(ssl_.get());
}

bool ServerConnection::turn(std::int64_t now, bool readable) {
    if (readable && !receive(now)) return false;
    if (out_.empty() && left_ > 0) produce(now);
    return out_.empty() || flush();
}

bool ServerConnection::receive(std::int64_t now) {
    static std::array<char, kRead> bytes;
    ssize_t got = 0;
    bool none = false;
    if (ssl_) {
        got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        none = got <= 0 && SSL_get_error(ssl_.get(), static_cast<int>(got)) == SSL_ERROR_WANT_READ;
        collect_records();  // of the handshake
    } else {
        got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
        none = got < 0 && errno == EAGAIN;
    }
    if (none) return true;
    if (got <= 0) return false;
    in_.append(bytes.data(), static_cast<std::size_t>(got));
    return (upgraded_ || take_request()) && take_frames(now);
}

bool ServerConnection::take_request() {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const std::string_view request(in_.data(), end + 2);
    const std::size_t path = request.find(' ') + 1;
    role_ = Role::parse(request.substr(path, request.find(' ', path) - path));
    queue(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_for_key(header_value(request, "Sec-WebSocket-Key")) + "\r\n\r\n");
    upgraded_ = true;
    in_.erase(0, end + 4);
    if (role_.kind == Role::Kind::echo) return true;
    if (role_.size < kSmallestPayload || role_.first == 0) return false;
    const std::string frame = encode(role_.opcode, std::string(role_.size, 'x'));
    frame_ = frame.size();
    const std::uint64_t frames = role_.kind == Role::Kind::paced ? 1 : role_.first;
    for (std::uint64_t i = 0; i < frames; ++i) frames_ += frame;
    return true;
}

/// The client's frames are masked.
bool ServerConnection::take_frames(std::int64_t now) {
    if (!upgraded_) return true;
    std::size_t at = 0;
    while (in_.size() - at >= 6) {
        const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(in_[at + offset]); };
        const unsigned opcode = byte(0) & 0x0f;
        std::uint64_t length = byte(1) & 0x7f;
        std::size_t head = 2;
        if (length >= 126) {
            const std::size_t more = length == 126 ? 2 : 8;
            if (in_.size() - at < head + more) break;
            length = 0;
            for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(head + i);
            head += more;
        }
        if (in_.size() - at < head + 4 + length) break;
        char* const payload = in_.data() + at + head + 4;
        for (std::size_t i = 0; i < length; ++i) payload[i] ^= in_[at + head + i % 4];
        if (opcode >= 8) return false;  // a close frame: the client is done
        answer({payload, length}, now);
        at += head + 4 + length;
    }
    in_.erase(0, at);
    return true;
}

void ServerConnection::answer(std::string_view payload, std::int64_t now) {
    if (role_.kind == Role::Kind::echo) return queue(encode(Opcode::binary, payload));
    left_ += role_.times;
    if (role_.kind != Role::Kind::paced) return;
    // Clients that ask at the same time are not served at the same time.
    const std::uint64_t spread = static_cast<std::uint64_t>(fd_.get()) * 0x9e3779b97f4a7c15 >> 32;
    due_ = now + static_cast<std::int64_t>(spread % (1'000'000'000 / role_.first));
}

void ServerConnection::produce(std::int64_t now) {
    if (role_.kind == Role::Kind::paced) {
        if (now < due_) return;
        put_number(frames_.data() + (frame_ - role_.size), kStampAt, static_cast<std::uint64_t>(due_));
        due_ += static_cast<std::int64_t>(1'000'000'000 / role_.first);
    }
    --left_;
    number_frames();
    if (role_.kind != Role::Kind::records) return queue(frames_);
    for (std::size_t at = 0; at < frames_.size(); at += frame_) queue({frames_.data() + at, frame_});
}

void ServerConnection::number_frames() {
    for (std::size_t at = frame_ - role_.size; at < frames_.size(); at += frame_)
        put_number(frames_.data() + at, kNumberAt, ++number_);
}

void ServerConnection::queue(std::string_view bytes) {
    if (!ssl_) {
        out_ += bytes;
        return;
    }
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    collect_records();
}

void ServerConnection::collect_records() {
    const std::size_t size = BIO_pending(records_);
    if (size == 0) return;
    const std::size_t held = out_.size();
    out_.resize(held + size);
    BIO_read(records_, out_.data() + held, static_cast<int>(size));
}

bool ServerConnection::flush() {
    const ssize_t took = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (took < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(took);
    written_.fetch_add(static_cast<std::uint64_t>(took), std::memory_order_release);
    if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
    }
    return true;
}

}  // namespace pinwheel::bench
