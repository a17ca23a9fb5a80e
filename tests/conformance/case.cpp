#include "case.h"

#include <array>
#include <cstdio>
#include <tuple>

namespace pinwheel::conformance {
namespace {

constexpr std::size_t kShownWhole = 48;

std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text) {
        std::array<char, 5> hex{};
        std::snprintf(hex.data(), hex.size(), "\\x%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        shown += c >= ' ' && c < 0x7f ? std::string(1, c) : std::string(hex.data());
    }
    return shown;
}

/// FNV-1a.
std::uint32_t checksum(std::string_view text) {
    std::uint32_t sum = 2166136261U;
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
    return sum;
}

std::string with_reason(const char* what, unsigned code, std::string_view reason) {
    return what + std::to_string(code) + (reason.empty() ? "" : " " + shown(reason));
}

Action send(Opcode opcode, std::string payload) {
    return [opcode, payload = std::move(payload)](Connection& connection) {
        std::ignore = connection.send(opcode, bytes_of(payload));
    };
}

}  // namespace

Case&& Case::client(Action action) && {
    stages.front().action = std::move(action);
    return std::move(*this);
}

Case&& Case::then(Action action, std::string server) && {
    stages.push_back({std::move(action), std::move(server)});
    return std::move(*this);
}

Case&& Case::and_ends_the_stream() && {
    ends_stream = true;
    return std::move(*this);
}

Case&& Case::answered(std::string text) && {
    answer = std::move(text);
    return std::move(*this);
}

Case&& Case::offering(std::vector<std::string> subprotocols) && {
    options.upgrade.subprotocols = std::move(subprotocols);
    return std::move(*this);
}

Case&& Case::at_a_byte_every(Duration time) && {
    pace = time;
    return std::move(*this);
}

Case&& Case::limited_to(std::size_t max_message_size) && {
    options.max_message_size = max_message_size;
    return std::move(*this);
}

Case&& Case::saying(std::string part) && {
    says = std::move(part);
    return std::move(*this);
}

std::string closed_by_client(unsigned code, std::string_view reason) {
    return with_reason("closed by the client, answered ", code, reason);
}

std::string closed(unsigned code, std::string_view reason) {
    return with_reason("closed by the server ", code, reason);
}

std::string failed(Errc error) {
    return "failed: " + std::string(describe(error));
}

std::string shown(std::string_view payload) {
    if (payload.size() <= kShownWhole) return printable(payload);
    return std::to_string(payload.size()) + " bytes, checksum " + std::to_string(checksum(payload)) + ", " +
           printable(payload.substr(0, 8)) + "...";
}

std::string times(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

Action send_text(std::string payload) {
    return send(Opcode::text, std::move(payload));
}

Action send_binary(std::string payload) {
    return send(Opcode::binary, std::move(payload));
}

Action send_ping(std::string payload) {
    return [payload = std::move(payload)](Connection& connection) {
        std::ignore = connection.ping(bytes_of(payload));
    };
}

Action close_with(std::uint16_t code, std::string reason) {
    return [code, reason = std::move(reason)](Connection& connection) { connection.close(code, reason); };
}

Cases all_cases() {
    Cases all;
    for (auto* const section : {&handshake_answers, &handshake_attacks, &masking, &framing, &fragmentation,
                                &control_frames, &data_frames, &closing, &close_codes, &utf8, &limits})
        for (Case& one : section()) all.push_back(std::move(one));
    return all;
}

}  // namespace pinwheel::conformance
