#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pinwheel::test {

/// A fuzzing target. `run` throws Broken, or ends the program, if a property does not hold.
struct FuzzTarget {
    std::string_view name;  ///< also of its corpus
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
/// TLS in any fragmentation, intact, broken and invented.
void fuzz_tls(std::span<const std::byte> input);
/// Records of a server, valid and hostile, opened by OpenSSL and in place: both must give the same result.
void fuzz_records(std::span<const std::byte> input);
/// One connection from name to close: the peer's bytes, the socket's room, the user's calls.
void fuzz_connection(std::span<const std::byte> input);
/// The whole client: a session over many scripted streams.
void fuzz_manager(std::span<const std::byte> input);
/// Several legs of a channel, which show whatever they like.
void fuzz_arbiter(std::span<const std::byte> input);
/// The file of a recording, or its lines.
void fuzz_recording(std::span<const std::byte> input);
/// A shared ring whose positions and headers the second side writes arbitrarily.
void fuzz_ring(std::span<const std::byte> input);

}  // namespace pinwheel::test
