#include "../../net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "dial_support.h"

namespace pinwheel {
namespace {

class ListenerTest : public testing::Test {
  protected:
    void accept(UniqueFd socket) { accepted.push_back(std::move(socket)); }
    Listener listen(const Endpoint& endpoint) {
        return Listener(reactor, endpoint, Listener::Accepted::member<&ListenerTest::accept>(*this));
    }
    static UniqueFd connect_to(const Endpoint& endpoint) {
        UniqueFd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(socket.get(), endpoint.data(), endpoint.size()), 0);
        return socket;
    }

    Reactor reactor;
    std::vector<UniqueFd> accepted;
};

TEST_F(ListenerTest, AcceptsAllThatComeOnBothFamilies) {
    for (const char* address : {"127.0.0.1", "::1"}) {
        accepted.clear();
        const Listener listener = listen(*Endpoint::parse(address, 0));
        EXPECT_NE(listener.endpoint().port(), 0);
        EXPECT_EQ(listener.endpoint().address(), address);
        std::vector<UniqueFd> clients;
        for (int i = 0; i < 5; ++i) clients.push_back(connect_to(listener.endpoint()));
        test::turn_until(reactor, [&] { return accepted.size() == 5; });
        for (const auto& socket : accepted) {
            EXPECT_TRUE(::fcntl(socket.get(), F_GETFL) & O_NONBLOCK);
            EXPECT_TRUE(::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC);
        }
    }
}

TEST_F(ListenerTest, APortThatIsTakenIsAnErrorThatNamesIt) {
    const Listener first = listen(*Endpoint::parse("127.0.0.1", 0));
    try {
        const Listener second = listen(first.endpoint());
        FAIL() << "both listen";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::address_in_use);
        EXPECT_NE(std::string(error.what()).find("cannot listen on " + first.endpoint().to_string()),
                  std::string::npos)
            << error.what();
    }
}

TEST_F(ListenerTest, RefusesOnceItIsGoneAndItsPortIsFree) {
    std::optional<Endpoint> endpoint;
    { endpoint = listen(*Endpoint::parse("127.0.0.1", 0)).endpoint(); }
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_NE(::connect(socket.get(), endpoint->data(), endpoint->size()), 0);
    EXPECT_EQ(errno, ECONNREFUSED);
    const Listener again = listen(*endpoint);
    EXPECT_EQ(again.endpoint(), *endpoint);
}

}  // namespace
}  // namespace pinwheel
