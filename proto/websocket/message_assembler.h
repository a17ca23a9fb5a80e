#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "../../core/error.h"
#include "close_frame.h"
#include "frame_codec.h"
#include "message_sink.h"

namespace pinwheel {

namespace detail {
class MessageInflater;
}  // namespace detail

/// Receives control frames, in order with the messages around them. The views are valid during the call.
class ControlSink {
  public:
    virtual ~ControlSink() = default;
    virtual void on_ping(std::span<const std::byte> payload) = 0;
    virtual void on_pong(std::span<const std::byte> payload) = 0;
    /// The last call: no frame is decoded after a close frame.
    virtual void on_close(const CloseFrame& frame) = 0;
};

/// Assembles messages from frames: fragments, control frames between them, compression, the size limit,
/// UTF-8. A message that is complete in the input goes to the sink as a view, and a compressed one as a view
/// of the inflated bytes. Any other payload is copied once, into the room that the sink gave. Threading: one
/// thread. Invariant: at most one message is open. Allocates: nothing after construction and
/// allow_compression().
class MessageAssembler {
  public:
    enum class Progress : std::uint8_t {
        need_input,  ///< the input is used up
        paused,      ///< the sink has no room; call run() again later
        more,        ///< frames_left is used up; call run() again
        stopped,     ///< a close frame came, or stop() was called
        failed,      ///< the peer broke the protocol; error() has the rule
    };

    MessageAssembler(Role role, std::size_t max_message_size, MessageSink& messages, ControlSink& control);
    ~MessageAssembler();
    MessageAssembler(const MessageAssembler&) = delete;
    MessageAssembler& operator=(const MessageAssembler&) = delete;

    /// Accepts compressed messages (RFC 7692). Call it before the first run(). Takes the memory for all
    /// messages. ok or out_of_memory.
    [[nodiscard]] Errc allow_compression() noexcept;

    /// Adds bytes, followed by 64 readable ones. They must stay valid until run() returns neither paused nor
    /// more. Requires wants_input().
    void feed(std::span<const std::byte> input) noexcept {
        decoder_.feed(input);
        state_ = State::decoding;
    }
    [[nodiscard]] bool wants_input() const noexcept { return state_ == State::hungry; }

    /// Decodes until the input is used up. If a call of the sink throws, the next run() continues behind that
    /// message.
    [[nodiscard]] Progress run(const MessageStamp& stamp) {
        int unbounded = std::numeric_limits<int>::max();
        return run(stamp, unbounded);
    }
    /// The same, limited by `frames_left`, which it counts down: control frames, fragments, partial
    /// frames, and steps of inflating, 16 KiB each. Complete messages are not counted; the size of the input
    /// bounds them.
    [[nodiscard]] Progress run(const MessageStamp& stamp, int& frames_left);

    /// From inside a call of the sink: run() returns after it and decodes nothing more.
    void stop() noexcept { state_ = State::stopped; }
    /// After failed.
    [[nodiscard]] Errc error() const noexcept { return error_; }
    /// After failed with message_too_large: the size of the message by its frames so far, in bytes.
    [[nodiscard]] std::uint64_t refused_size() const noexcept { return refused_size_; }

  private:
    enum class State : std::uint8_t {
        hungry,
        decoding,
        whole_pending,  // whole_ waits for room in the sink
        chunk_pending,  // the decoder's chunk waits for room in the sink
        inflating,      // the next run() inflates the rest of the decoder's chunk
        stopped,
        failed,
    };
    /// The message whose frames are arriving.
    enum class Open : std::uint8_t { none, stored, dropped, inflated };

    void fail(Errc code) noexcept;
    void refuse(std::uint64_t size) noexcept;
    void take(const MessageStamp& stamp, int& frames_left);
    [[gnu::always_inline]] inline void take_whole_messages(const MessageStamp& stamp);
    inline void take_whole(const WholeMessage& message, const MessageStamp& stamp);
    void take_part(const FrameChunk& chunk, const MessageStamp& stamp, int& frames_left);
    void begin_frame(const FrameChunk& chunk) noexcept;
    void begin_message() noexcept;
    void begin_inflating() noexcept;
    void store(std::span<const std::byte> data, bool ends_message) noexcept;
    void inflate(const MessageStamp& stamp, int& frames_left);
    void take_control(const FrameChunk& chunk);

    FrameDecoder decoder_;
    const std::size_t max_message_size_;
    MessageSink& messages_;
    ControlSink& control_;
    State state_ = State::hungry;
    Open open_ = Open::none;
    bool is_text_ = false;
    Errc error_ = Errc::ok;
    std::uint64_t refused_size_ = 0;
    WholeMessage whole_;                                 // while whole_pending
    std::unique_ptr<detail::MessageInflater> inflater_;  // after allow_compression()
    std::span<const std::byte> deflated_{};              // of the chunk, not yet inflated
    std::byte* room_ = nullptr;                          // of the open message
    std::size_t announced_ = 0;                          // its bytes by its frames so far
    std::size_t size_ = 0;                               // its stored bytes
    std::size_t checked_ = 0;                            // its bytes that were checked to be UTF-8
    std::size_t control_size_ = 0;
    std::array<std::byte, kMaxControlPayload> control_payload_{};
};

}  // namespace pinwheel
