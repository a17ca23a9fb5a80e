#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "../../proto/delivery/callback_sink.h"
#include "../../proto/websocket/message_assembler.h"
#include "frames.h"

namespace pinwheel::test {

inline constexpr std::size_t kMaxMessage = 1 << 20;

/// Decodes a stream and logs its content: `T:text`, `B:size`, `ping:…`, `pong:…`, `close:code:reason`,
/// `error:…`.
class MessageLog : public ControlSink {
  public:
    explicit MessageLog(Role role = Role::client) : assembler(role, kMaxMessage, sink, *this) {}

    struct Compressed {};
    /// As if compression had been agreed on.
    explicit MessageLog(Compressed, Role role = Role::client) : MessageLog(role) {
        if (assembler.allow_compression() != Errc::ok) std::abort();
    }

    std::string decode(std::string_view stream, std::size_t piece) {
        return decode(stream, std::span(&piece, 1));
    }
    /// Feeds it in pieces of these sizes, repeated.
    std::string decode(std::string_view stream, std::span<const std::size_t> pieces) {
        for (std::size_t at = 0, i = 0; at < stream.size(); at += pieces[i++ % pieces.size()]) {
            assembler.feed(bytes_of(stream.substr(at, pieces[i % pieces.size()])));
            auto progress = assembler.run({});
            while (progress == MessageAssembler::Progress::more) progress = assembler.run({});
            if (progress == MessageAssembler::Progress::failed)
                return text + "error:" + std::string(describe(assembler.error()));
            if (progress == MessageAssembler::Progress::stopped) break;
        }
        return text;
    }

    void on_ping(std::span<const std::byte> payload) override { text += "ping:" + text_of(payload) + " "; }
    void on_pong(std::span<const std::byte> payload) override { text += "pong:" + text_of(payload) + " "; }
    void on_close(const CloseFrame& frame) override {
        text += "close:" + std::to_string(frame.code) + ":" + std::string(frame.reason) + " ";
    }
    void on_message(const Message& message) {
        text += message.is_text ? "T:" + std::string(message.text())
                                : "B:" + std::to_string(message.payload.size());
        text += " ";
    }

    std::string text;
    CallbackSink sink{CallbackSink::Callback::member<&MessageLog::on_message>(*this)};
    MessageAssembler assembler;
};

}  // namespace pinwheel::test
