#include "../../net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <new>
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

/// T2, M2: a flood of connections does not starve other work.
TEST_F(ListenerTest, T2AcceptsOneATurn) {
    const Listener listener = listen(*Endpoint::parse("127.0.0.1", 0));
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(connect_to(listener.endpoint()));
    for (std::size_t before = 0; accepted.size() < clients.size(); before = accepted.size()) {
        reactor.poll_for(std::chrono::milliseconds{20});
        EXPECT_LE(accepted.size(), before + 1);
    }
}

/// M1, M2: if an allocation for a connection fails, the listener continues after a pause.
TEST_F(ListenerTest, M1BadAllocEndsOneConnection) {
    std::vector<Errc> told;
    int calls = 0;
    auto tell = [&](Errc reason) { told.push_back(reason); };
    auto fail_first = [&](UniqueFd socket) {
        if (++calls <= 2) throw std::bad_alloc();
        accept(std::move(socket));
    };
    const Listener listener(reactor, *Endpoint::parse("127.0.0.1", 0), fail_first, 1024, tell);
    const UniqueFd first = connect_to(listener.endpoint());
    const UniqueFd second = connect_to(listener.endpoint());
    const UniqueFd third = connect_to(listener.endpoint());
    test::turn_until(reactor, [&] { return accepted.size() == 1; });
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(told, std::vector{Errc::out_of_memory});
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

TEST_F(ListenerTest, RefusesAfterItsDestructionAndItsPortIsFree) {
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
