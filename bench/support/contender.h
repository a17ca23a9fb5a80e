#pragma once

// C++17: one of the peers does not compile as C++20.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace pinwheel::bench {

/// The head of every payload: the time when it was due (ns, monotonic) and its number, from 1. Seven bits a
/// byte, so that it is valid text.
constexpr std::size_t kStampAt = 0;
constexpr std::size_t kNumberAt = 8;
constexpr std::size_t kSmallestPayload = 16;

/// Below 2^56.
inline std::uint64_t number_at(const void* bytes, std::size_t offset) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, static_cast<const char*>(bytes) + offset, sizeof word);
    word = (word & 0x7f007f007f007f00) >> 1 | (word & 0x007f007f007f007f);
    word = (word & 0xffff0000ffff0000) >> 2 | (word & 0x0000ffff0000ffff);
    return (word & 0xffffffff00000000) >> 4 | (word & 0x00000000ffffffff);
}
inline void put_number(void* bytes, std::size_t offset, std::uint64_t number) noexcept {
    std::uint64_t word = (number << 4 & 0xffffffff00000000) | (number & 0x000000000fffffff);
    word = (word << 2 & 0xffff0000ffff0000) | (word & 0x00003fff00003fff);
    word = (word << 1 & 0x7f007f007f007f00) | (word & 0x007f007f007f007f);
    std::memcpy(static_cast<char*>(bytes) + offset, &word, sizeof word);
}

/// The server of a contender, and the messages that it will get.
struct Target {
    bool tls = false;
    std::uint16_t port = 0;  ///< on 127.0.0.1
    std::string path;
    std::string ca_file;
    std::size_t payload_size = 0;  ///< of every received message
};

/// Takes a contender's messages and checks their count, their bytes and the sum of their numbers.
class Receiver {
  public:
    void take(const void* payload, std::size_t size) noexcept {
        ++messages_;
        bytes_ += size;
        sum_ += size >= kSmallestPayload ? number_at(payload, kNumberAt) : 0;
        if (latencies_ != nullptr) note_latency(payload);
    }
    /// For the floor, which reads no message: counts them by their bytes.
    void take_unseen(std::uint64_t messages, std::size_t size) noexcept {
        messages_ += messages;
        bytes_ += messages * size;
        for (; messages > 0; --messages) sum_ += ++unseen_;
    }

    /// From now on the time from each message's stamp is kept; null: no longer.
    void keep_latencies(std::vector<std::int64_t>* latencies) noexcept { latencies_ = latencies; }
    bool keeps_latencies() const noexcept { return latencies_ != nullptr; }

    std::uint64_t messages() const noexcept { return messages_; }
    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint64_t sum() const noexcept { return sum_; }

  private:
    void note_latency(const void* payload) noexcept;

    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t unseen_ = 0;
    std::vector<std::int64_t>* latencies_ = nullptr;
};

/// A client under measurement. The constructor connects and upgrades, or throws.
class Contender {
  public:
    Contender() = default;
    virtual ~Contender() = default;
    Contender(const Contender&) = delete;
    Contender& operator=(const Contender&) = delete;

    /// Sends one binary message.
    virtual void send(const void* payload, std::size_t size) = 0;
    /// One turn of its loop, without sleep. Throws if the connection is lost.
    virtual void poll() = 0;
};

struct ContenderKind {
    const char* name;
    std::unique_ptr<Contender> (*make)(const Target& target, Receiver& receiver);
    int order;  ///< in the report: the floor 0, the library's, own, peers
    bool needs_tls = false;

    bool is_peer() const noexcept { return order >= kFirstPeer; }
    /// Written by hand for these cases: neither a library nor the floor.
    bool is_own() const noexcept { return order >= kFirstOwn && !is_peer(); }
    static constexpr int kFirstOwn = 8;
    static constexpr int kFirstPeer = 10;
};

/// All contenders that are linked in, in order.
const std::vector<ContenderKind>& contender_kinds();

/// A file that defines one of these takes part.
struct ContenderRegistration {
    explicit ContenderRegistration(const ContenderKind& kind);
};

}  // namespace pinwheel::bench
