#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "../../../tools/feed/temporary_identity.h"
#include "client.h"
#include "peer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

enum class Server { python, python_tls, node, node_tls, nginx_python, haproxy_node };

/// A server, and the implementation that opens and seals the client's records.
struct Way {
    Server server;
    TlsRecords records = TlsRecords::openssl;
};

/// Otherwise googletest prints the bytes including the padding, which valgrind reports.
void PrintTo(const Way& way, std::ostream* out) {
    *out << static_cast<int>(way.server) << (way.records == TlsRecords::openssl ? " openssl" : " in place");
}

std::string name_of(const testing::TestParamInfo<Way>& info) {
    static const char* const names[] = {"Python",  "PythonTls",         "Node",
                                        "NodeTls", "NginxBeforePython", "HaproxyBeforeNode"};
    return std::string(names[static_cast<int>(info.param.server)]) +
           (info.param.records == TlsRecords::in_place ? "InPlace" : "");
}

/// Characters of one to four bytes, so that cuts fall inside characters.
std::string text_of_size(std::size_t size) {
    static const std::string letters = "a\u00e4\u20ac\U0001f600";
    std::string text;
    while (text.size() + letters.size() <= size) text += letters;
    return text.append(size - text.size(), '.');
}

std::string bytes_of_size(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
    return bytes;
}

/// A server, optionally behind a TLS front, and a client for it.
class Peers : public testing::TestWithParam<Way> {
  protected:
    void SetUp() override {
        const std::string cert = identity.certificate_file(), key = identity.key_file();
        const std::vector<std::string> tls_options{"--cert", cert, "--key", key};
        switch (GetParam().server) {
            case Server::python:
                server = Peer::python();
                break;
            case Server::python_tls:
                server = Peer::python(tls_options);
                break;
            case Server::node:
                server = Peer::node();
                break;
            case Server::node_tls:
                server = Peer::node(tls_options);
                break;
            case Server::nginx_python:
                server = Peer::python();
                front = Peer::front("nginx", server->port(), cert, key, folder);
                break;
            case Server::haproxy_node:
                server = Peer::node();
                front = Peer::front("haproxy", server->port(), cert, key, folder);
                break;
        }
        const bool tls = GetParam().server != Server::python && GetParam().server != Server::node;
        base =
            (tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string((front ? front : server)->port());
    }

    void open(const std::string& path) {
        client.connect(base + path);
        ASSERT_TRUE(client.opened) << client.end.error.message();
        EXPECT_EQ(client.connection().tls_info().records != TlsRecordsBy::openssl,
                  GetParam().records == TlsRecords::in_place);
    }

    TemporaryIdentity identity;
    TempDir folder;
    std::unique_ptr<Peer> server;
    std::unique_ptr<Peer> front;
    std::string base;
    Client client{identity.authority_file(), GetParam().records};
};

INSTANTIATE_TEST_SUITE_P(Real, Peers,
                         testing::Values(Way{Server::python}, Way{Server::python_tls}, Way{Server::node},
                                         Way{Server::node_tls}, Way{Server::nginx_python},
                                         Way{Server::haproxy_node},
                                         Way{Server::python_tls, TlsRecords::in_place},
                                         Way{Server::node_tls, TlsRecords::in_place},
                                         Way{Server::nginx_python, TlsRecords::in_place},
                                         Way{Server::haproxy_node, TlsRecords::in_place}),
                         name_of);

TEST_P(Peers, EchoMessagesOfEachSizeAndType) {
    open("/");
    std::size_t count = 0;
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 10U << 20}) {
        const std::string text = text_of_size(size), bytes = bytes_of_size(size);
        client.send(text, Opcode::text);
        client.send(bytes, Opcode::binary);
        count += 2;
        ASSERT_TRUE(client.receive(count)) << client.end.error.message();
        EXPECT_TRUE(client.is_text[count - 2]);
        EXPECT_TRUE(client.messages[count - 2] == text) << "a text of " << size << " bytes came back changed";
        EXPECT_FALSE(client.is_text[count - 1]);
        EXPECT_TRUE(client.messages[count - 1] == bytes) << size << " bytes came back changed";
    }
}

TEST_P(Peers, SendMessagesInFragmentsThatCutCharacters) {
    open("/fragments?count=7&ping=1");
    const std::string text = "\u00e4\u20ac\U0001f600 and \U0001f600\u20ac\u00e4 again",
                      bytes = bytes_of_size(100'000);
    client.send(bytes, Opcode::binary);
    ASSERT_TRUE(client.receive(1)) << client.end.error.message();
    EXPECT_TRUE(client.messages[0] == bytes);
    client.send(text_of_size(7 * 4), Opcode::text);
    ASSERT_TRUE(client.receive(2)) << client.end.error.message();
    EXPECT_EQ(client.messages[1], text_of_size(7 * 4));
    client.send(text, Opcode::text);
    ASSERT_TRUE(client.receive(3)) << client.end.error.message();
    EXPECT_EQ(client.messages[2], text);
}

// Compression (RFC 7692)

struct Compressing {
    bool is_python = false;
    std::string option;
};

void PrintTo(const Compressing& server, std::ostream* out) {
    *out << (server.is_python ? "python " : "node ") << server.option;
}

class CompressingPeers : public testing::TestWithParam<Compressing> {
  protected:
    std::unique_ptr<Peer> server =
        GetParam().is_python ? Peer::python({GetParam().option}) : Peer::node({GetParam().option});
    std::string base = "ws://127.0.0.1:" + std::to_string(server->port());
};

INSTANTIATE_TEST_SUITE_P(Real, CompressingPeers,
                         testing::Values(Compressing{true, "--deflate"}, Compressing{false, "--deflate"},
                                         Compressing{false, "--deflate-each"}),
                         [](const auto& test) {
                             return std::string(test.param.is_python ? "Python" : "Node") +
                                    (test.param.option == "--deflate" ? "" : "ForgettingEach");
                         });

TEST_P(CompressingPeers, MessagesOfEachSizeTypeAndCutInflate) {
    for (const std::string path : {"/", "/fragments?count=5"}) {
        Client client;
        client.options.upgrade.permessage_deflate = true;
        client.connect(base + path);
        ASSERT_TRUE(client.opened) << client.end.error.message();
        EXPECT_TRUE(client.connection().is_compressed());
        std::size_t count = 0;
        for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 5U << 20, 0U, 4000U}) {
            const std::string text = text_of_size(size / 7 * 7), bytes = bytes_of_size(size);
            client.send(text, Opcode::text);
            client.send(bytes, Opcode::binary);
            count += 2;
            ASSERT_TRUE(client.receive(count)) << size << ": " << client.end.error.message();
            EXPECT_TRUE(client.is_text[count - 2]);
            EXPECT_TRUE(client.messages[count - 2] == text) << "a text of " << size << " bytes changed";
            EXPECT_FALSE(client.is_text[count - 1]);
            EXPECT_TRUE(client.messages[count - 1] == bytes) << size << " bytes changed";
        }
    }
}

TEST_P(CompressingPeers, AreNotAskedToCompressByDefault) {
    Client client;
    client.connect(base + "/");
    client.send("plain");
    ASSERT_TRUE(client.receive(1));
    EXPECT_FALSE(client.connection().is_compressed());
    EXPECT_EQ(client.messages[0], "plain");
}

TEST_P(CompressingPeers, ABombEndsWithMessageTooBig) {
    Client client;
    client.options.upgrade.permessage_deflate = true;
    client.options.max_message_size = std::size_t{1} << 20;
    client.connect(base + "/big?type=text&size=16777216");
    const ConnectionEnd& end = client.wait_for_end();
    EXPECT_EQ(end.error.code, Errc::message_too_large) << end.error.message();
    EXPECT_TRUE(client.messages.empty());
    EXPECT_TRUE(server->next_event().starts_with("closed 1009"));
}

TEST_P(Peers, GetTheirPingsAnsweredWithTheSamePayload) {
    open("/ping?payload=are-you-there");
    ASSERT_TRUE(client.receive(1)) << client.end.error.message();
    EXPECT_EQ(client.messages[0], "pong");
}

TEST_P(Peers, AnswerPingsWithTheSamePayload) {
    open("/");
    const std::string payload = "0123456789";
    ASSERT_EQ(client.connection().ping(bytes_of(payload)), Errc::ok);
    client.turn_until([this] { return !client.pongs.empty() || client.ended; });
    EXPECT_EQ(client.pongs, std::vector{payload});
}

TEST_P(Peers, CloseWithACodeAndAReason) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1000, 1001, 1008, 3000, 4999}) {
        Client fresh(identity.authority_file());
        fresh.connect(base + "/close?code=" + std::to_string(code) + "&reason=bye");
        const ConnectionEnd& end = fresh.wait_for_end();
        EXPECT_EQ(end.close_code, code);
        EXPECT_EQ(end.close_reason, "bye");
        EXPECT_EQ(end.error.code, Errc::closed_by_peer);
        EXPECT_EQ(server->next_event(), "closed " + std::to_string(code) + " ");  // without reason
    }
}

TEST_P(Peers, ReceiveOurCloseCodeAndReason) {
    for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1000, 1001, 3000, 4999}) {
        Client fresh(identity.authority_file());
        fresh.connect(base + "/");
        fresh.connection().close(code, "thank you");
        const ConnectionEnd& end = fresh.wait_for_end();
        EXPECT_EQ(end.error.code, Errc::ok) << end.error.message();
        EXPECT_EQ(end.close_code, code);
        EXPECT_EQ(server->next_event(), "closed " + std::to_string(code) + " thank you");
    }
}

TEST_P(Peers, SendALargeMessageAtOnce) {
    open("/big?size=10485760&type=binary");
    ASSERT_TRUE(client.receive(1)) << client.end.error.message();
    EXPECT_TRUE(client.messages[0] == bytes_of_size(10 << 20));
}

TEST_P(Peers, HearThatAMessageIsTooLarge) {
    client.options.max_message_size = 1000;
    open("/big?size=1001&type=text");
    EXPECT_EQ(client.wait_for_end().error.code, Errc::message_too_large);
    EXPECT_EQ(server->next_event().substr(0, 11), "closed 1009");
}

TEST_P(Peers, ThatAreKilledAreMissedAtOnce) {
    open("/");
    server->process().signal(SIGKILL);
    const ConnectionEnd& end = client.wait_for_end();
    EXPECT_TRUE(end.was_open);
    EXPECT_TRUE(is_retryable(end.error.code)) << end.error.message();
    EXPECT_EQ(end.close_code, 1006);
}

class PythonPeer : public testing::Test {
  protected:
    std::string url(const std::string& path) const {
        return "ws://127.0.0.1:" + std::to_string(server->port()) + path;
    }

    std::unique_ptr<Peer> server = Peer::python({"--subprotocol", "v2.feed", "--subprotocol", "v1.feed"});
    Client client;
};

TEST_F(PythonPeer, DeliversTenThousandMessagesInOrder) {
    client.connect(url("/count?n=10000"));
    ASSERT_TRUE(client.receive(10'000)) << client.end.error.message();
    for (std::size_t i = 0; i < client.messages.size(); ++i) ASSERT_EQ(client.messages[i], std::to_string(i));
}

TEST_F(PythonPeer, RefusesTheUpgradeForAWhile) {
    client.connect(url("/reject?status=503&retry-after=7"));
    const ConnectionEnd& end = client.wait_for_end();
    EXPECT_FALSE(end.was_open);
    EXPECT_EQ(end.error.code, Errc::upgrade_unavailable);
    EXPECT_EQ(end.http_status, 503);
    EXPECT_EQ(end.retry_after, Duration(7s));
}

TEST_F(PythonPeer, RefusesTheUpgradeForGood) {
    client.connect(url("/reject?status=403"));
    const ConnectionEnd& end = client.wait_for_end();
    EXPECT_EQ(end.error.code, Errc::upgrade_refused);
    EXPECT_EQ(end.http_status, 403);
    EXPECT_NE(end.error.message().find("not today"), std::string::npos) << end.error.message();
}

TEST_F(PythonPeer, ChoosesASubprotocol) {
    client.options.upgrade.subprotocols = {"v3.feed", "v1.feed"};
    client.connect(url("/"));
    ASSERT_TRUE(client.opened) << client.end.error.message();
    EXPECT_EQ(client.connection().subprotocol(), "v1.feed");
}

TEST_F(PythonPeer, SeesExtraHeaders) {
    client.options.upgrade.headers = {{"X-Key", "one two"}};
    client.connect(url("/headers?name=X-Key"));
    ASSERT_TRUE(client.receive(1)) << client.end.error.message();
    EXPECT_EQ(client.messages[0], "one two");
}

TEST_F(PythonPeer, ResetsTheConnection) {
    client.connect(url("/drop"));
    client.send("go away");
    const ConnectionEnd& end = client.wait_for_end();
    EXPECT_TRUE(end.was_open);
    EXPECT_EQ(end.close_code, 1006);
    EXPECT_TRUE(is_retryable(end.error.code)) << end.error.message();
}

TEST_F(PythonPeer, ThatReadsNothingFillsTheSendBuffer) {
    client.options.send_buffer_limit = 1 << 20;
    client.connect(url("/stall"));
    ASSERT_TRUE(client.opened);
    const std::string payload(100'000, 'x');
    Errc result = Errc::ok;
    for (int i = 0; i < 1000 && result == Errc::ok; ++i)
        result = client.connection().send(Opcode::text, bytes_of(payload));
    EXPECT_EQ(result, Errc::send_buffer_full);
    EXPECT_LE(client.connection().bytes_to_send(), std::size_t{1} << 20);
}

TEST_F(PythonPeer, ThatIsSilentEchoesButAnswersNoPing) {
    client.connect(url("/silent"));
    ASSERT_EQ(client.connection().ping({}), Errc::ok);
    client.send("behind the ping");
    ASSERT_TRUE(client.receive(1)) << client.end.error.message();
    EXPECT_TRUE(client.pongs.empty());
}

TEST(UntrustedPeer, IsRefusedBeforeTheUpgrade) {
    const TemporaryIdentity theirs, ours;
    std::unique_ptr<Peer> server =
        Peer::python({"--cert", theirs.certificate_file(), "--key", theirs.key_file()});
    Client client(ours.authority_file());
    client.connect("wss://127.0.0.1:" + std::to_string(server->port()) + "/");
    EXPECT_EQ(client.wait_for_end().error.code, Errc::tls_certificate);
}

TEST(FrontWithoutBackend, AnswersWithAGatewayError) {
    const TemporaryIdentity identity;
    for (const std::string program : {"nginx", "haproxy"}) {
        const TempDir folder;
        std::uint16_t nobody = 0;
        { nobody = Peer::python()->port(); }
        const auto front =
            Peer::front(program, nobody, identity.certificate_file(), identity.key_file(), folder);
        Client client(identity.authority_file());
        client.connect("wss://127.0.0.1:" + std::to_string(front->port()) + "/");
        const ConnectionEnd& end = client.wait_for_end();
        EXPECT_TRUE(end.http_status == 502 || end.http_status == 503) << program << ": " << end.http_status;
        EXPECT_EQ(end.error.code, Errc::upgrade_unavailable) << program;
    }
}

}  // namespace
}  // namespace pinwheel::test
