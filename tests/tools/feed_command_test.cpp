#include <string>
#include <vector>

#include "../../tools/feed/cert_authority.h"
#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel::test {
namespace {

TEST(Feed, PrintsThePortThatTheSystemChose) {
    FeedCommand feed({"--port", "0"});
    EXPECT_GT(std::stoi(feed.port()), 0);
    EXPECT_EQ(feed.port(), std::to_string(std::stoi(feed.port())));
    EXPECT_EQ(feed.greeting(), "serving ws://127.0.0.1:" + feed.port() + "/");
    feed.process().signal(SIGTERM);
    const auto outcome = feed.process().finish();
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "");
}

TEST(Feed, RefusesAPortInUse) {
    const FeedCommand feed;
    expect_refusal(run({"feed", "--port", feed.port()}), 1,
                   {"127.0.0.1:" + feed.port(), "Address already in use", "--port"});
}

TEST(Feed, RefusesAnAddressThatIsNotThisMachines) {
    expect_refusal(run({"feed", "--address", "192.0.2.7"}), 1, {"192.0.2.7", "--address"});
    expect_refusal(run({"feed", "--address", "nowhere"}), 2, {"--address 'nowhere'", "IPv4"});
}

TEST(Feed, RefusesAMalformedCertificate) {
    const TempDir folder;
    const std::string garbage = folder.write("garbage.pem", "no certificate\n");
    for (const std::string& file : {folder.path("missing.pem"), folder.path(""), garbage})
        expect_refusal(run({"feed", "--cert", file}), 2,
                       {"--cert '" + file + "' cannot be used", "PEM file"});
    const Identity identity = CertAuthority::self_signed({.common_name = "alone"});
    const Identity other = CertAuthority::self_signed({.common_name = "other"});
    const std::string certificate = folder.write("cert.pem", identity.certificate);
    const std::string key = folder.write("key.pem", other.key);
    expect_refusal(run({"feed", "--cert", certificate, "--key", key}), 2,
                   {"--key '" + key + "'", "mismatch"});
    expect_refusal(run({"feed", "--cert", certificate, "--key", folder.path("none")}), 2,
                   {folder.path("none")});
    expect_refusal(run({"feed", "--tls", "--ca-out", folder.path("none/ca.pem")}), 2,
                   {"--ca-out", "cannot be written"});
}

TEST(Feed, RefusesOptionsThatWouldDoNothing) {
    expect_refusal(run({"feed", "--key", "key.pem"}), 2, {"--key", "--cert"});
    expect_refusal(run({"feed", "--ca-out", "ca.pem"}), 2, {"--ca-out", "--tls"});
    expect_refusal(run({"feed", "--tls", "--cert", "cert.pem"}), 2, {"--tls", "--cert"});
}

TEST(Feed, RefusesNumbersOutOfRange) {
    for (const std::string text : {"-1", "65536", "http"})
        expect_refusal(run({"feed", "--port", text}), 2, {"--port", "65535"});
    for (const std::string text : {"-1", "nan", "1e300"})
        expect_refusal(run({"feed", "--rate", text}), 2, {"--rate", "number"});
    const TempDir folder;
    const std::string capture = folder.write("session.tsv", "1\t<\t{}\n");
    for (const std::string text : {"0", "-2", "nan", "fast", "2x"})
        expect_refusal(run({"feed", "--capture", capture, "--speed", text}), 2,
                       {"--speed '" + text + "'", "max"});
}

TEST(Feed, NamesTheLineOfABrokenCapture) {
    const TempDir folder;
    for (const std::string broken : {"1.5 < {}", "1.5\t<", "1.5\t?\t{}", "soon\t<\t{}", "1.5x\t<\t{}",
                                     "nan\t<\t{}", "-1\t<\t{}", "1e99\t<\t{}", ""}) {
        const std::string file =
            folder.write("broken.tsv", "1.0\t=\tws://a\n1.1\t<\t{}\n" + broken + "\n1.7\t<\t{}\n");
        expect_refusal(run({"feed", "--capture", file}), 2, {"'" + file + "', line 3", "TAB"});
    }
    const std::string silent = folder.write("silent.tsv", "1.0\t>\t{}\n");
    expect_refusal(run({"feed", "--capture", silent}), 2, {silent, "no received message"});
    expect_refusal(run({"feed", "--capture", folder.path("missing.tsv")}), 2,
                   {"missing.tsv", "cannot be read"});
    expect_refusal(run({"feed", "--capture", folder.path("")}), 2, {folder.path(""), "cannot be read"});
}

TEST(Feed, ServesACaptureAtFullSpeedAndAtAFactorOfItsPace) {
    const TempDir folder;
    const std::string capture = folder.write(
        "session.tsv", "100.0\t=\tws://a\n100.1\t>\task\n100.2\t<\tone\n100.3\t<\ttwo\n160.0\t<\tthree\n");
    for (const std::string speed : {"max", "1000"}) {
        const FeedCommand feed({"--capture", capture, "--speed", speed});
        const auto outcome = run({"tail", feed.url()});
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output, "one\ntwo\nthree\n");
        EXPECT_EQ(outcome.errors, "");
    }
}

TEST(Setup, DoesNothingWhereAllIsInstalled) {
    const auto outcome =
        Subprocess({PINWHEEL_SOURCE "/tools/setup", "--demo"}, Subprocess::Errors::kept).finish();
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(outcome.errors, "");
}

TEST(Setup, ShowsHowFarPackagesAndBuildsAre) {
    const auto shown = [](const std::string& output) {
        return Subprocess(
                   {"/bin/bash", "-c", "printf '" + output + "' | " PINWHEEL_SOURCE "/tools/progress step"},
                   Subprocess::Errors::kept)
            .finish()
            .errors;
    };
    EXPECT_EQ(shown("0 upgraded, 2 newly installed, 0 to remove\\nGet:1 x\\nUnpacking a\\nUnpacking b\\n"
                    "Setting up a\\nSetting up b\\n"),
              "step: 25 %\nstep: 50 %\nstep: 75 %\nstep: 100 %\n");
    EXPECT_EQ(shown("[1/8] a\\n[4/8] b\\nwarning\\n[8/8] c\\n"), "step: 50 %\nstep: 100 %\n");
    EXPECT_EQ(shown("ninja: no work to do.\\n"), "");
}

}  // namespace
}  // namespace pinwheel::test
