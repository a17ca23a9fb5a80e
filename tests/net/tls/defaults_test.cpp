#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 under a sanitizer, inside std::regex
#endif

#include <fstream>
#include <iterator>
#include <regex>

#include "../../../tools/feed/temporary_identity.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

namespace fs = std::filesystem;

TEST(TlsDefaults, VerifyEverywhere) {
    EXPECT_FALSE(TlsOptions{}.dangerously_disable_certificate_verification);
    EXPECT_FALSE(TlsOptions{}.honour_sslkeylogfile);
    EXPECT_TRUE(TlsContext().verifies());
    EXPECT_TRUE(TlsContext(TlsOptions{}).verifies());
    const TemporaryIdentity identity;
    EXPECT_TRUE(TlsContext({.ca_file = identity.authority_file()}).verifies());
}

/// Nothing that is installed disables verification except the option's own definition. A program may set it
/// for a user who passes a flag of that name.
TEST(TlsDefaults, NoSourceSwitchesVerificationOff) {
    const fs::path root = PINWHEEL_SOURCE_ROOT;
    const std::regex off(R"(dangerously_disable_certificate_verification\s*(=|\{)\s*true)");
    std::size_t files = 0;
    for (const auto* folder : {"core", "net", "proto", "tools", "bench"}) {
        ASSERT_TRUE(fs::is_directory(root / folder));
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path());
            const std::string text(std::istreambuf_iterator<char>(in), {});
            EXPECT_FALSE(std::regex_search(text, off)) << entry.path();
            EXPECT_EQ(text.find("SSL_VERIFY_NONE") != std::string::npos,
                      entry.path().filename() == "tls_context.cpp")
                << entry.path();
            ++files;
        }
    }
    EXPECT_GT(files, 100U);
    std::ifstream in(root / "README.md");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_FALSE(std::regex_search(text, off));
}

}  // namespace
}  // namespace pinwheel::test
