// Replays the seeds and the findings of the fuzzers with the same targets: without clang, in any build.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "../support/frames.h"
#include "targets.h"

namespace pinwheel {
namespace {

using namespace test;

class Corpus : public testing::TestWithParam<FuzzTarget> {};

TEST_P(Corpus, HoldsNothingThatBreaks) {
    const auto folder = std::filesystem::path(PINWHEEL_CORPUS) / GetParam().name;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        EXPECT_NO_THROW(GetParam().run(bytes_of(bytes))) << entry.path();
        ++files;
    }
    EXPECT_GE(files, 5) << folder;
    EXPECT_NO_THROW(GetParam().run({}));
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace pinwheel
