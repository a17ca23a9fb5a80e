#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pinwheel::test {

/// A thing to fuzz. `run` throws Broken, or ends the program, if something does not hold.
struct FuzzTarget {
    std::string_view name;  ///< of its corpus, too
    void (*run)(std::span<const std::byte> input);
};

[[nodiscard]] std::span<const FuzzTarget> fuzz_targets() noexcept;

/// A server's frames, in pieces: decoder, assembler, sinks, against wslay's event layer.
void fuzz_frames(std::span<const std::byte> input);
/// A server's answer to the upgrade request.
void fuzz_answer(std::span<const std::byte> input);
/// A client's upgrade request.
void fuzz_request(std::span<const std::byte> input);
void fuzz_url(std::span<const std::byte> input);
/// The JSON of limits.
void fuzz_config(std::span<const std::byte> input);
/// Events for the session's state machine.
void fuzz_session(std::span<const std::byte> input);
/// TLS in any cut, whole, broken and made up.
void fuzz_tls(std::span<const std::byte> input);
/// Records of a server, sound and hostile, opened by OpenSSL and in place: the same must come of them.
void fuzz_records(std::span<const std::byte> input);
/// One connection from name to close: what the peer sends, what the socket takes, what the user calls.
void fuzz_connection(std::span<const std::byte> input);
/// The whole client: a session that lasts, over scripted streams.
void fuzz_manager(std::span<const std::byte> input);
/// The file of a recording, or its lines.
void fuzz_recording(std::span<const std::byte> input);
/// A shared ring whose positions and headers the other side writes as it likes.
void fuzz_ring(std::span<const std::byte> input);

}  // namespace pinwheel::test
