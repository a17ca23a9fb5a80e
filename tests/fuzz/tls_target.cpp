#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../../core/bytes.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../tools/feed/temporary_identity.h"
#include "../support/memory_stream.h"
#include "../support/require.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

constexpr std::size_t kBlocksBelow = 64;  // a stream that takes little at once is full at times

/// A channel that delivers one side's bytes in pieces, and possibly changed.
class Cable {
  public:
    void deliver(std::size_t size) {
        std::string piece = in->bytes.substr(0, size);
        in->bytes.erase(0, piece.size());
        if (spoilt_at >= passed_ && spoilt_at < passed_ + piece.size()) {
            auto& byte = piece[spoilt_at - passed_];
            byte = static_cast<char>(byte ^ 0x40);
        }
        passed_ += piece.size();
        out->bytes += piece;
        if (in->shut && in->bytes.empty()) out->shut = true;
    }
    [[nodiscard]] bool empty() const noexcept { return in->bytes.empty() && out->bytes.empty(); }

    const MemoryStream::Way in = std::make_shared<MemoryWay>();
    const MemoryStream::Way out = std::make_shared<MemoryWay>();
    std::size_t spoilt_at = std::string::npos;  // counted from the first byte

  private:
    std::size_t passed_ = 0;
};

/// Client and server, and the channels between them.
class Conversation {
  public:
    Conversation(bool tls12, std::vector<std::size_t> pieces, std::size_t client_writes,
                 std::size_t server_writes)
        : pieces_(std::move(pieces)) {
        limit(up, client_writes);
        limit(down, server_writes);
        client = contexts().client[tls12 ? 1 : 0].client(std::make_unique<MemoryStream>(down.out, up.in),
                                                         "localhost", 443);
        server = contexts().server.accept(std::make_unique<MemoryStream>(up.out, down.in));
    }

    /// One more piece arrives at both sides.
    void deliver() {
        const auto size = pieces_[piece_++ % pieces_.size()];
        up.deliver(size);
        down.deliver(size);
    }

    [[nodiscard]] bool shake_hands() {
        auto ours = IoResult::again();
        auto theirs = IoResult::again();
        for (int turns = 0; ours.status != IoStatus::ok || theirs.status != IoStatus::ok; ++turns) {
            if (turns == 20'000) {  // a length may have been altered, so that the rest never comes
                require(down.spoilt_at != std::string::npos, "a handshake without end");
                return false;
            }
            if (ours.status != IoStatus::ok) ours = client->handshake();
            if (theirs.status != IoStatus::ok) theirs = server->handshake();
            for (const auto& [result, stream] : {std::pair{ours, client.get()}, {theirs, server.get()}}) {
                if (result.status != IoStatus::error && result.status != IoStatus::eof) continue;
                require(!stream->error_detail().empty(), "a failed handshake without a word");
                return false;
            }
            deliver();
        }
        return true;
    }

    /// Writes all of `text`, and turns the reader's reactor until everything has arrived or the stream has
    /// ended. Returns the received text and the last status.
    [[nodiscard]] std::pair<std::string, IoResult> transfer(TlsStream& writer, TlsStream& reader,
                                                            const Cable& cable, std::string_view text,
                                                            std::size_t read_size) {
        std::string received;
        std::vector<std::byte> room(read_size);
        auto got = IoResult::again();
        for (int turns = 0; !text.empty() || !cable.empty(); ++turns) {
            require(turns < 1'000'000, "a transfer without end");
            if (!text.empty()) {
                const auto wrote = writer.write_some(bytes_of(text));
                if (wrote.status == IoStatus::ok) text.remove_prefix(wrote.bytes);
                if (wrote.status == IoStatus::error) return {received, wrote};
            }
            deliver();
            if (cable.out->bytes.empty()) continue;
            // Like Connection: one read for a readable descriptor, and one for bytes that TLS holds.
            do {
                got = reader.read_some(room);
                if (got.status != IoStatus::ok) break;
                received.append(reinterpret_cast<const char*>(room.data()), got.bytes);
            } while (reader.status().has_buffered_input);
            if (got.status == IoStatus::eof || got.status == IoStatus::error) break;
        }
        return {received, got};
    }

    Cable up;
    Cable down;
    std::unique_ptr<TlsStream> client;
    std::unique_ptr<TlsStream> server;

  private:
    static void limit(const Cable& cable, std::size_t bytes) {
        cable.in->bytes_a_write = bytes + 1;
        if (bytes < kBlocksBelow) cable.in->room = 2 * bytes + 1;
    }

    struct Contexts {
        TemporaryIdentity identity;
        TlsOptions options{.ca_file = identity.authority_file(), .session_resumption = false};
        TlsOptions options12{
            .ca_file = identity.authority_file(), .allow_tls13 = false, .session_resumption = false};
        std::array<TlsContext, 2> client{TlsContext(options), TlsContext(options12)};
        TlsContext server = TlsContext::server(
            {.certificate_file = identity.certificate_file(), .key_file = identity.key_file()});
    };
    static Contexts& contexts() {
        static Contexts made;
        return made;
    }

    const std::vector<std::size_t> pieces_;
    std::size_t piece_ = 0;
};

/// None of these texts is a valid server.
void shake_hands_with(std::string_view text, Conversation& conversation) {
    conversation.down.in->bytes = text;
    conversation.down.in->shut = true;
    auto result = IoResult::again();
    for (int turns = 0; result.status == IoStatus::would_block; ++turns) {
        require(turns < 100'000, "a handshake without end");
        conversation.deliver();
        result = conversation.client->handshake();
    }
    require(result.status == IoStatus::error, "a handshake with nobody");
    require(!conversation.client->error_detail().empty(), "a failed handshake without a word");
}

}  // namespace

void fuzz_tls(std::span<const std::byte> bytes) {
    enum class Fault { none, made_up, spoilt, cut };
    FuzzInput input(bytes);
    const auto fault = static_cast<Fault>(input.below(4));
    const bool tls12 = input.flag();
    auto pieces = draw_sizes(input);
    const auto client_writes = input.size_below(65536);
    const auto server_writes = input.size_below(65536);
    const auto spoilt_at = input.size_below(65536);
    const std::size_t read_size = 1 + input.size_below(40'000);
    const std::size_t repeated = 1 + input.size_below(64);
    Conversation conversation(tls12, std::move(pieces), client_writes, server_writes);
    if (fault == Fault::made_up) return shake_hands_with(input.rest(), conversation);
    if (fault == Fault::spoilt) conversation.down.spoilt_at = spoilt_at;

    std::string text;
    for (std::size_t i = 0; i < repeated && text.size() < 200'000; ++i) text += input.rest();
    auto& client = *conversation.client;
    auto& server = *conversation.server;
    if (!conversation.shake_hands()) return require(fault == Fault::spoilt, "a handshake fails for nothing");
    require(client.tls_info().verified, "not verified");

    const auto [received, how] = conversation.transfer(server, client, conversation.down, text, read_size);
    require(text.starts_with(received), "what was read was not sent");
    if (fault == Fault::spoilt) return;
    require(received.size() == text.size(), "TLS holds something back that nobody is told of");
    const auto [answered, ignored] = conversation.transfer(client, server, conversation.up, text, read_size);
    require(answered == text, "the other way something is lost");

    // A full socket delays the close_notify: the end is then not an orderly one.
    const bool proper = fault == Fault::none && server_writes >= kBlocksBelow;
    if (fault == Fault::none) server.shutdown_write();
    conversation.down.in->shut = true;
    std::array<std::byte, 64> room{};
    auto end = IoResult::again();
    for (int turns = 0; end.status == IoStatus::would_block; ++turns) {
        require(turns < 1000, "no end");
        conversation.deliver();
        end = client.read_some(room);
    }
    if (proper)
        require(end.status == IoStatus::eof, "a proper end is not seen");
    else
        require(fault == Fault::none || (end.status == IoStatus::error && end.error == Errc::end_of_stream),
                "a cut passes for an end");
}

}  // namespace pinwheel::test
