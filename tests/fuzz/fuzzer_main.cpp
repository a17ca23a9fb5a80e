// libFuzzer's entry: one program for all targets, `fuzzers --target=NAME CORPUS…`. libFuzzer ignores options
// that begin with two dashes, and passes them to the programs that it starts.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "targets.h"

namespace {

const pinwheel::test::FuzzTarget* g_target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    constexpr std::string_view kOption = "--target=";
    for (int i = 1; i < *argc; ++i) {
        const std::string_view argument((*argv)[i]);
        if (!argument.starts_with(kOption)) continue;
        for (const auto& target : pinwheel::test::fuzz_targets())
            if (target.name == argument.substr(kOption.size())) g_target = &target;
    }
    if (g_target != nullptr) return 0;
    std::fputs("which target? --target=NAME, one of:", stderr);
    for (const auto& target : pinwheel::test::fuzz_targets())
        std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()), target.name.data());
    std::fputs("\n", stderr);
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    g_target->run(std::as_bytes(std::span(data, size)));
    return 0;
}
