#include <array>

#include "case.h"

namespace pinwheel::conformance {
namespace {

std::string opcode_name(unsigned opcode) {
    static constexpr std::array<const char*, 16> kNames{
        "continuation", "text", "binary", "3", "4", "5", "6", "7",
        "close",        "ping", "pong",   "B", "C", "D", "E", "F"};
    return kNames[opcode];
}

std::string sized(std::size_t size, unsigned opcode) {
    return std::to_string(size) + " bytes of " + opcode_name(opcode);
}

// clang-format off
Cases reserved_bits() {
    Cases cases;
    for (unsigned rsv = 1; rsv < 8; ++rsv)
        cases.push_back({"5.2", "Reserved bits " + std::to_string(rsv) + " on a text fail the connection",
                         text_frame("before") + raw_frame({.rsv = rsv}, "x"),
                         "text before", "close 1002", failed(Errc::bad_frame)});
    for (const unsigned opcode : {0U, 2U, 8U, 9U, 10U})
        for (const unsigned rsv : {1U, 2U, 4U}) {
            const std::string open = opcode == 0 ? text_frame("a", false) : "";
            const std::string payload = opcode == 8 ? close_payload(1000) : "x";
            cases.push_back({"5.2", "Reserved bit " + std::to_string(rsv) + " on " + opcode_name(opcode),
                             open + raw_frame({.rsv = rsv, .opcode = opcode}, payload),
                             "", "close 1002", failed(Errc::bad_frame)});
        }
    cases.push_back({"5.2", "A reserved bit on an empty frame",
                     raw_frame({.rsv = 4}, ""),
                     "", "close 1002", failed(Errc::bad_frame)});
    return cases;
}

Cases reserved_opcodes() {
    Cases cases;
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
        cases.push_back({"5.2", "Opcode " + opcode_name(opcode) + " with a payload",
                         text_frame("before") + raw_frame({.opcode = opcode}, "x") + text_frame("behind"),
                         "text before", "close 1002", failed(Errc::bad_frame)});
        cases.push_back({"5.2", "Opcode " + opcode_name(opcode) + " without payload",
                         raw_frame({.opcode = opcode}, ""),
                         "", "close 1002", failed(Errc::bad_frame)});
    }
    cases.push_back({"5.2", "Opcode 3 between fragments",
                     text_frame("a", false) + raw_frame({.opcode = 3}, "x") + continuation("b"),
                     "", "close 1002", failed(Errc::bad_frame)});
    cases.push_back({"5.2", "Opcode B as a fragment",
                     raw_frame({.fin = false, .opcode = 11}, "x"),
                     "", "close 1002", failed(Errc::bad_frame)});
    return cases;
}

/// Each size at which the encoding of the length changes, and its neighbours.
Cases lengths() {
    Cases cases;
    for (const std::size_t size :
         {0U, 1U, 2U, 124U, 125U, 126U, 127U, 128U, 255U, 256U, 65534U, 65535U, 65536U, 65537U}) {
        const std::string payload(size, 'x');
        const std::string what = size > 0 ? " " + shown(payload) : "";
        cases.push_back({"5.2", "A text of " + std::to_string(size) + " bytes, and one behind it",
                         text_frame(payload) + text_frame("behind"),
                         "text" + what + "; text behind", "", kOpen});
        cases.push_back({"5.2", "A binary of " + std::to_string(size) + " bytes, and one behind it",
                         binary_frame(payload) + binary_frame("behind"),
                         "binary" + what + "; binary behind", "", kOpen});
    }
    const struct {
        std::size_t size;
        int bytes;
    } wasteful[] = {{0, 2}, {1, 2}, {125, 2}, {0, 8}, {1, 8}, {125, 8}, {126, 8}, {65535, 8}};
    for (const auto& [size, bytes] : wasteful)
        for (const unsigned opcode : {1U, 2U})
            cases.push_back({"5.2", sized(size, opcode) + " with a length of " + std::to_string(8 * bytes) + " bits",
                             raw_frame({.opcode = opcode, .length_bytes = bytes}, std::string(size, 'x')),
                             "", "close 1002", failed(Errc::bad_frame)});
    cases.push_back({"5.2", "A ping with a length of 16 bits for 5 bytes",
                     raw_frame({.opcode = 9, .length_bytes = 2}, "hello"),
                     "", "close 1002", failed(Errc::bad_frame)});
    cases.push_back({"5.2", "A continuation with a length of 64 bits for 5 bytes",
                     text_frame("a", false) + raw_frame({.opcode = 0, .length_bytes = 8}, "hello"),
                     "", "close 1002", failed(Errc::bad_frame)});
    for (const std::uint64_t claimed :
         {std::uint64_t{1} << 63, ~std::uint64_t{0} - 1, (std::uint64_t{1} << 63) + 5})
        cases.push_back({"5.2", "The top bit of a length: " + std::to_string(claimed),
                         raw_frame({.opcode = 2, .claimed = claimed}, "12345"),
                         "", "close 1002", failed(Errc::bad_frame)});
    return cases;
}

Cases sequences() {
    return {
        {"5.2", "Frames of all kinds in one read",
         text_frame("one") + binary_frame("two") + ping_frame("three") + pong_frame("four") + text_frame("five"),
         "text one; binary two; pong four; text five", "pong three", kOpen},
        {"5.2", "A hundred small texts in one read",
         times(100, text_frame("x")),
         "text x" + times(99, "; text x"), "", kOpen},
        {"5.2", "The RFC's unmasked text of section 5.7",
         "\x81\x05\x48\x65\x6c\x6c\x6f",
         "text Hello", "", kOpen},
        {"5.2", "A header without its payload says nothing yet",
         text_frame("before") + raw_frame({.claimed = 100}, ""),
         "text before", "", kOpen},
        {"5.2", "Half a header says nothing yet",
         text_frame("before") + "\x81",
         "text before", "", kOpen},
        {"5.2", "A large frame, then a small one, then a large one",
         binary_frame(std::string(9000, 'a')) + text_frame("b") + binary_frame(std::string(9000, 'c')),
         "binary " + shown(std::string(9000, 'a')) + "; text b; binary " + shown(std::string(9000, 'c')), "", kOpen},
    };
}

// clang-format on

}  // namespace

Cases framing() {
    Cases cases;
    for (auto* const part : {&reserved_bits, &reserved_opcodes, &lengths, &sequences})
        for (Case& one : part()) cases.push_back(std::move(one));
    return cases;
}

}  // namespace pinwheel::conformance
