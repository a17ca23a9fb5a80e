// The negotiation of permessage-deflate (RFC 7692 section 7.1).
#include <gtest/gtest.h>

#include <string>

#include "../../../core/bytes.h"
#include "../../../proto/websocket/deflate_answer_impl.h"
#include "../../../proto/websocket/upgrade_client.h"
#include "../../support/scripted_dialer.h"

namespace pinwheel {
namespace {

using namespace test;

/// The outcome of an upgrade whose answer has these headers.
struct Upgraded {
    Upgraded(bool offers, const std::string& headers) {
        client.emplace(*Url::parse("ws://feed.example/"), UpgradeOptions{.permessage_deflate = offers},
                       random);
        status = client->feed(bytes_of(upgrade_answer(client->request(), headers)), SystemTime{}).status;
    }
    SecureRandom random;
    std::optional<UpgradeClient> client;
    UpgradeStatus status{};
};

TEST(CompressionOffer, ItIsMadeIfAskedForAndHasNoParameters) {
    const std::string offer = "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
    EXPECT_NE(Upgraded(true, {}).client->request().find(offer), std::string::npos);
    EXPECT_EQ(Upgraded(false, {}).client->request().find("Extensions"), std::string::npos);
}

TEST(CompressionOffer, TheServerDecides) {
    const std::string agrees = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    EXPECT_TRUE(Upgraded(true, agrees).client->is_compressed());
    const Upgraded declined(true, {});
    EXPECT_EQ(declined.status, UpgradeStatus::done);
    EXPECT_FALSE(declined.client->is_compressed());
    const Upgraded not_asked(false, agrees);
    EXPECT_EQ(not_asked.status, UpgradeStatus::failed);
    EXPECT_EQ(not_asked.client->error().code, Errc::upgrade_bad_protocol);
    const Upgraded twice(true, agrees + agrees);
    EXPECT_EQ(twice.client->error().code, Errc::upgrade_bad_protocol);
    EXPECT_NE(twice.client->error().message().find("several extensions"), std::string::npos);
}

TEST(CompressionOffer, AServerAgreesWithTheParametersThatItMayHave) {
    for (const char* parameters :
         {"", "; server_no_context_takeover", "; client_no_context_takeover", ";server_max_window_bits=15",
          "; server_max_window_bits=8", "; server_max_window_bits=\"10\"",
          " ;\tSERVER_no_context_takeover ; client_no_context_takeover; server_max_window_bits = 12", ","})
        EXPECT_EQ(detail::refuse_deflate_answer(std::string("permessage-deflate") + parameters), "")
            << parameters;
}

TEST(CompressionOffer, OtherAnswersAreRefusedAndTheErrorNamesTheFault) {
    const struct {
        const char* extensions;
        const char* says;
    } cases[] = {
        {"x-webkit-deflate-frame", "other than permessage-deflate"},
        {"permessage-deflate, permessage-deflate", "several extensions"},
        {"permessage-deflate; client_max_window_bits=15", "was not offered"},
        {"permessage-deflate; client_max_window_bits", "was not offered"},
        {"permessage-deflate; level=9", "unknown parameter"},
        {"permessage-deflate; ; server_no_context_takeover", "unknown parameter"},
        {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", "twice"},
        {"permessage-deflate; server_no_context_takeover=1", "invalid value"},
        {"permessage-deflate; client_no_context_takeover=true", "invalid value"},
        {"permessage-deflate; server_max_window_bits", "invalid value"},
        {"permessage-deflate; server_max_window_bits=", "invalid value"},
        {"permessage-deflate; server_max_window_bits=7", "invalid value"},
        {"permessage-deflate; server_max_window_bits=16", "invalid value"},
        {"permessage-deflate; server_max_window_bits=08", "invalid value"},
        {"permessage-deflate; server_max_window_bits=\"", "invalid value"},
    };
    for (const auto& [extensions, says] : cases)
        EXPECT_NE(detail::refuse_deflate_answer(extensions).find(says), std::string_view::npos)
            << extensions << ": " << detail::refuse_deflate_answer(extensions);
}

}  // namespace
}  // namespace pinwheel
