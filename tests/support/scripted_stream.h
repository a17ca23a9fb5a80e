#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

#include "../../net/byte_stream.h"

namespace pinwheel::test {

/// The shared part of a ScriptedStream and its test: the script to read, and the written bytes.
struct StreamScript {
    struct Block {};
    struct End {};
    using Step = std::variant<std::string, Block, End, Errc>;
    static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

    void bytes(std::string_view text) { steps.emplace_back(std::string(text)); }
    /// The text in pieces of `size` bytes, with a would_block after each.
    void trickle(std::string_view text, std::size_t size) {
        for (std::size_t at = 0; at < text.size(); at += size) {
            bytes(text.substr(at, size));
            steps.emplace_back(Block{});
        }
    }
    void end() { steps.emplace_back(End{}); }
    void fail(Errc code) { steps.emplace_back(code); }

    std::deque<Step> steps;  // would_block after the end
    std::string written;
    std::size_t write_limit = kUnlimited;  // bytes a call
    std::size_t write_room = kUnlimited;   // bytes until would_block
    Errc write_error = Errc::ok;
    int reads = 0;
    int writes = 0;
    bool write_shut = false;
    bool aborted = false;
    bool destroyed = false;
    int fd = -1;  // to watch; not owned
    /// Like TLS: readable bytes are in user space, and are delivered only while the socket is writable.
    bool reads_wait_for_writes = false;
    /// The stream returns views of this buffer.
    bool shows_views = false;
    std::string shown;

    [[nodiscard]] bool holds_input() const noexcept { return reads_wait_for_writes && !steps.empty(); }
};

/// Plays a script. It has no descriptor: the reactor calls it at every turn.
class ScriptedStream final : public ByteStream {
  public:
    explicit ScriptedStream(StreamScript& script) : script_(script) {}
    ~ScriptedStream() override { script_.destroyed = true; }

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        ++script_.reads;
        filled_ = false;
        if (script_.steps.empty() || (script_.reads_wait_for_writes && script_.write_room == 0))
            return IoResult::again();
        auto& step = script_.steps.front();
        if (auto* const text = std::get_if<std::string>(&step)) {
            const std::size_t count = std::min(out.size(), text->size());
            std::memcpy(out.data(), text->data(), count);
            text->erase(0, count);
            filled_ = count == out.size();
            if (text->empty()) script_.steps.pop_front();
            return count > 0 ? IoResult::done(count) : IoResult::again();
        }
        if (std::holds_alternative<StreamScript::Block>(step)) {
            script_.steps.pop_front();
            return IoResult::again();
        }
        if (std::holds_alternative<StreamScript::End>(step)) return IoResult::end();
        return IoResult::failed(std::get<Errc>(step));
    }

    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override {
        ++script_.writes;
        if (script_.write_error != Errc::ok) return IoResult::failed(script_.write_error);
        const std::size_t count = std::min({in.size(), script_.write_limit, script_.write_room});
        if (count == 0) return IoResult::again();
        script_.written.append(reinterpret_cast<const char*>(in.data()), count);
        if (script_.write_room != StreamScript::kUnlimited) script_.write_room -= count;
        return IoResult::done(count);
    }

    void shutdown_write() noexcept override { script_.write_shut = true; }
    void abort() noexcept override { script_.aborted = true; }
    [[nodiscard]] int fd() const noexcept override { return script_.fd; }
    [[nodiscard]] StreamStatus status() const noexcept override {
        return {.arrival_time = SystemTime{std::chrono::seconds{77}},
                .has_buffered_input = script_.holds_input(),
                .filled = filled_};
    }

  private:
    StreamScript& script_;
    bool filled_ = false;
};

}  // namespace pinwheel::test
