// A build without libzstd: every command that needs recordings names the missing library.

#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel {
namespace {

using namespace test;

TEST(CommandWithoutRecordings, NamesWhatTheBuildLacks) {
    const TempDir folder;
    const std::string file = folder.write("feed.zst", "x");
    const std::vector<std::string> words{"without recordings", "libzstd-dev"};
    expect_refusal(run({"record", "ws://127.0.0.1:1/", "--out", folder.path("out")}), 2, words);
    expect_refusal(run({"record", "info", file}), 2, words);
    expect_refusal(run({"record", "verify", file}), 2, words);
    expect_refusal(run({"replay", file}), 2, words);
    expect_refusal(run({"replay", "--print", file}), 2, words);
    expect_refusal(run({"feed", "--capture", file}), 2, words);
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--record", folder.path("new.zst")}), 2, words);
}

}  // namespace
}  // namespace pinwheel
