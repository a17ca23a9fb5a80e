#include "../../../proto/session/send_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../../core/bytes.h"
#include "../../support/managed.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class SendRings : public ManagedTest {
  protected:
    std::vector<std::string> refusals;
    SendRing ring{reactor, 1 << 16, [this](SendRing::Target, Errc why, std::span<const std::byte> payload) {
                      refusals.push_back(std::string(describe(why)) + ": " + text_of(payload));
                  }};
};

TEST_F(SendRings, MessagesLeaveInOrderAtTheNextTurn) {
    connect();
    const auto target = ring.add(ws());
    EXPECT_EQ(ring.send(target, "first"), Errc::ok);
    EXPECT_EQ(ring.send_binary(target, bytes_of("second")), Errc::ok);
    std::byte* const room = ring.claim(100);
    ASSERT_NE(room, nullptr);
    std::ranges::copy(bytes_of("third"), room);
    EXPECT_EQ(ring.commit_text(target, 5), Errc::ok);
    EXPECT_TRUE(sent(0).empty());
    turn(1);
    EXPECT_EQ(sent(0), (std::vector<std::string>{"text first", "binary second", "text third"}));
    EXPECT_EQ(ws().stats().messages_sent, 3U);
    EXPECT_TRUE(refusals.empty());
}

TEST_F(SendRings, EachManagerGetsItsOwn) {
    connect();
    dialer.plan();
    WebSocketManager other(reactor, "ws://other.example/", {.dialer = &dialer});
    other.connect();
    turn();
    ASSERT_TRUE(other.is_connected());
    const auto one = ring.add(ws());
    const auto two = ring.add(other);
    EXPECT_EQ(ring.send(two, "b"), Errc::ok);
    EXPECT_EQ(ring.send(one, "a"), Errc::ok);
    turn(1);
    EXPECT_EQ(sent(0), std::vector<std::string>{"text a"});
    EXPECT_EQ(sent(1), std::vector<std::string>{"text b"});
}

TEST_F(SendRings, WhatCannotBeSentIsToldWithItsPayload) {
    make();
    const auto target = ring.add(ws());
    EXPECT_EQ(ring.send(target, "too early"), Errc::ok);
    EXPECT_EQ(ring.send(static_cast<SendRing::Target>(7), "nobody"), Errc::ok);
    turn(1);
    EXPECT_EQ(refusals, (std::vector{std::string(describe(Errc::not_connected)) + ": too early",
                                     std::string(describe(Errc::invalid_argument)) + ": nobody"}));
    refusals.clear();
    connect();  // the manager of the target is destroyed
    EXPECT_EQ(ring.send(target, "too late"), Errc::ok);
    turn(1);
    EXPECT_EQ(refusals, std::vector{std::string(describe(Errc::not_connected)) + ": too late"});
    EXPECT_TRUE(sent(0).empty());
}

TEST_F(SendRings, TextIsCheckedByTheProducer) {
    connect();
    const auto target = ring.add(ws());
    EXPECT_EQ(ring.send(target, "a\xff"), Errc::invalid_argument);
    EXPECT_EQ(ring.send_binary(target, bytes_of("a\xff")), Errc::ok) << "the claim is open still";
    turn(1);
    EXPECT_EQ(sent(0), std::vector<std::string>{"binary a\xff"});
}

TEST_F(SendRings, AFullRingRefusesAndATurnSendsABoundedNumber) {
    connect();
    const auto target = ring.add(ws());
    int accepted = 0;
    while (ring.send(target, "x") == Errc::ok) ++accepted;
    EXPECT_EQ(ring.send(target, "x"), Errc::queue_full);
    EXPECT_EQ(ring.claim(std::size_t{1} << 20), nullptr);
    ASSERT_GT(accepted, SendRing::kMostInTurn);
    turn(1);
    EXPECT_EQ(sent(0).size(), static_cast<std::size_t>(SendRing::kMostInTurn));
    EXPECT_EQ(ring.send(target, "x"), Errc::ok);
}

TEST_F(SendRings, AHandlerThatThrowsLosesOneMessageOnly) {
    make();
    SendRing throwing(reactor, 4096, [](SendRing::Target, Errc, std::span<const std::byte> payload) {
        throw std::runtime_error(text_of(payload));
    });
    const auto target = throwing.add(ws());
    for (const char* text : {"a", "b"}) EXPECT_EQ(throwing.send(target, text), Errc::ok);
    for (const char* text : {"a", "b"}) {
        try {
            reactor.poll();
            ADD_FAILURE() << text;
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), text);
        }
    }
    EXPECT_EQ(reactor.poll(), 0);
}

TEST_F(SendRings, APreparedMessageIsMaskedAnewAtEachSend) {
    connect();
    const auto text = PreparedMessage::text("cancel all of them");
    ASSERT_TRUE(text);
    EXPECT_EQ(ws().try_send(*text), Errc::ok);
    const std::string first = std::exchange(dialer.at(0).script.written, {});
    ws().send(*text);
    EXPECT_NE(dialer.at(0).script.written, first);
    dialer.at(0).script.written.insert(0, first);
    EXPECT_EQ(sent(0), (std::vector<std::string>(2, "text cancel all of them")));
    EXPECT_EQ(ws().try_send(PreparedMessage::binary(bytes_of("a\xff"))), Errc::ok);
    EXPECT_EQ(sent(0), std::vector<std::string>{"binary a\xff"});
    EXPECT_EQ(PreparedMessage::text("a\xff").error().code, Errc::invalid_argument);
    ws().close();
    EXPECT_EQ(ws().try_send(*text), Errc::not_connected);
    EXPECT_THROW(ws().send(*text), WebSocketClosedError);
}

/// A lost wake-up makes it wait for ever.
TEST(SendRing, EachMessageWakesASleepingReactor) {
    Reactor reactor;
    int taken = 0;
    std::atomic<int> seen{0};
    SendRing ring(reactor, 4096, [&](SendRing::Target, Errc, std::span<const std::byte>) {
        seen.store(++taken, std::memory_order_release);
    });
    WebSocketManager manager(reactor, "ws://127.0.0.1:9/");
    const auto target = ring.add(manager);
    constexpr int kMessages = 2000;
    std::thread producer([&] {
        for (int i = 1; i <= kMessages; ++i) {
            while (ring.send(target, "order") != Errc::ok) std::this_thread::yield();
            while (i % 2 == 0 && seen.load(std::memory_order_acquire) < i) std::this_thread::yield();
        }
    });
    while (taken < kMessages) reactor.poll_for(1h);
    producer.join();
    EXPECT_EQ(taken, kMessages);
}

TEST(SendRing, AnEmptyOneLetsTheReactorSleepAndAFullOneDoesNot) {
    Reactor reactor;
    int taken = 0;
    SendRing ring(reactor, 4096, [&](SendRing::Target, Errc, std::span<const std::byte>) { ++taken; });
    WebSocketManager manager(reactor, "ws://127.0.0.1:9/");
    const auto target = ring.add(manager);
    EXPECT_EQ(reactor.poll_for(1ms), 0);
    ASSERT_EQ(ring.send(target, "order"), Errc::ok);
    EXPECT_EQ(reactor.poll_for(1h), 1);
    EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace pinwheel
