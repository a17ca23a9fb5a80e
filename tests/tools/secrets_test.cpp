// No secret of the command line appears in the command's messages about failures.

#include <string>
#include <vector>

#include "../net/dial_support.h"
#include "../support/raw_server.h"
#include "command.h"

namespace pinwheel::test {
namespace {

using Words = std::vector<std::string>;

const std::string kToken = "hunter2-tOkEn";

/// Each command that connects.
class CommandSecrets : public testing::TestWithParam<const char*> {
  protected:
    static void expect_hidden(Words words, const Words& more = {}) {
        words.insert(words.begin(), GetParam());
        words.insert(words.end(), more.begin(), more.end());
        const auto outcome = run(words);
        EXPECT_NE(outcome.status, 0);
        EXPECT_NE(outcome.errors, "");
        EXPECT_EQ((outcome.errors + outcome.output).find("hunter2"), std::string::npos) << outcome.errors;
        EXPECT_EQ((outcome.errors + outcome.output).find("tOkEn"), std::string::npos) << outcome.errors;
    }
};

INSTANTIATE_TEST_SUITE_P(All, CommandSecrets, testing::Values("tail", "echo", "rtt"),
                         [](const auto& test) { return test.param; });

TEST_P(CommandSecrets, AreHiddenInUsageErrors) {
    const std::string url = "ws://127.0.0.1:1/?key=" + kToken;
    const std::string header = "Authorization: Bearer " + kToken;
    expect_hidden({url, "--headr", header});
    expect_hidden({url, "--header=" + header, "--headr=" + header});
    expect_hidden({url, header});
    expect_hidden({url, "--header", "X-Key:", kToken});
    expect_hidden({url, url});
    expect_hidden({url, "--header"});
    expect_hidden({"--header", header});
    expect_hidden({url, "--timeout", "0", "--header", header});
    expect_hidden({url, "--header", "no colon " + kToken});
    expect_hidden({url, "--header", "X-Key: " + kToken + "\r\nX: y"});
    expect_hidden({url, "--header", "Host: " + kToken});
    expect_hidden({url, "--proxy", "ftp://me:" + kToken + "@127.0.0.1"});
    expect_hidden({url, "--proxy", "me:" + kToken + "@127.0.0.1:1", "--timeout", "1"});
    expect_hidden({url, "--prxy=http://me:" + kToken + "@127.0.0.1"});
    expect_hidden({"ws://me:" + kToken + "@127.0.0.1/"});
    expect_hidden({"ws://me:" + kToken + "/x@127.0.0.1/"});
    expect_hidden({"http://127.0.0.1/?key=" + kToken});
    expect_hidden({"127.0.0.1?key=" + kToken});
    expect_hidden({url + "#top"});
}

TEST_P(CommandSecrets, AreHiddenWhenTheServerRefuses) {
    const Words header{"--header", "X-Key: " + kToken, "--timeout", "1"};
    const auto query = "/?key=" + kToken;
    expect_hidden({"ws://127.0.0.1:" + std::to_string(refused_port()) + query}, header);
    const RawServer reflecting([](const std::string& request) {
        return "HTTP/1.1 400 Bad Request\r\n\r\n" + request.substr(0, request.find("Sec-WebSocket"));
    });
    expect_hidden({"ws://" + reflecting.authority() + query}, header);
    const RawServer redirecting([](const std::string&) {
        return "HTTP/1.1 302 Found\r\nLocation: https://u:" + kToken + "@h/" + kToken + "?key=" + kToken +
               "\r\nContent-Length: 0\r\n\r\n";
    });
    expect_hidden({"ws://" + redirecting.authority() + query}, header);
    const RawServer speechless([](const std::string&) { return kToken + "\r\n\r\n"; });
    expect_hidden({"ws://" + speechless.authority() + query}, header);
    expect_hidden({"wss://" + speechless.authority() + query}, header);
}

}  // namespace
}  // namespace pinwheel::test
