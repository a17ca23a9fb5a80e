// A feed's recorder: the stream, states and holes of each leg.

#include "../../../proto/record/feed_recorder.h"

#include <optional>

#include "../../support/recorded.h"
#include "../feed/feed_fixture.h"

namespace pinwheel {
namespace {

using namespace test;

class FeedRecorderTest : public FeedTest {
  protected:
    FeedRecorderTest() { feed_options.leg_rings = true; }

    void start_recorded(std::size_t legs) {
        feed_options.legs = legs;
        make_feed();
        std::ignore = feed->subscribe("t", "a");
        recorder.emplace(*feed, RecordOptions{.folder = folder.path("."), .name = "s"});
        plan(static_cast<int>(legs));
        feed->connect();
        turn();
    }
    void show(std::size_t connection, int number) {
        receive(R"({"c":"t.a","n":)" + std::to_string(number) + "}", connection);
    }
    /// The leg's lines without times.
    Texts told(std::size_t leg) {
        EXPECT_FALSE(recorder->stop().failed());
        auto reader = RecordReader::open(recorder->leg(leg).path());
        Texts lines;
        while (const RecordLine* const line = (*reader).next()) {
            EXPECT_EQ(line->leg, leg);
            if (line->kind == LineKind::header) continue;
            std::string text = text_of_line(*line);
            text.erase(text.find(" @"), text.find(' ', text.find('@')) - text.find(" @"));
            if (text.starts_with("disconnected")) text.resize(text.find(' ', text.find('/')));
            lines.push_back(text);
        }
        EXPECT_EQ(reader->summary().losses, 0U);
        gaps = reader->summary().gaps;
        return lines;
    }

    const TempDir folder;
    std::optional<FeedRecorder> recorder;
    std::uint64_t gaps = 0;
};

TEST_F(FeedRecorderTest, StatesAndHolesStandWhereTheyHappenedInTheStream) {
    start_recorded(1);
    receive(R"({"ok":1})");
    show(0, 1);
    show(0, 4);
    cut();
    show(1, 9);
    EXPECT_EQ(told(0), (Texts{"leg 0/0 connecting", "connected 1/0 ws://feed.example/stream", "leg 1/0 up",
                              "sent 1/0 text sub t.a 1", R"(message 1/1 text {"ok":1})",
                              R"(message 1/2 text {"c":"t.a","n":1})", "gap 1/2 t a: 2 to 3",
                              R"(message 1/3 text {"c":"t.a","n":4})", "disconnected 1/3", "leg 1/3 down",
                              "leg 1/3 connecting", "connected 2/3 ws://feed.example/stream", "leg 2/3 up",
                              "sent 2/3 text sub t.a 2", "gap 2/3 t a: 5 to 8",
                              R"(message 2/4 text {"c":"t.a","n":9})"}));
    EXPECT_EQ(gaps, feed->stats().gaps);
}

TEST_F(FeedRecorderTest, EachOfTwoLegsHasItsOwnFilesAndItsOwnHoles) {
    venue_with(R"("rule": "contiguous", )", R"("rule": "contiguous", "identical": true, )");
    start_recorded(2);
    show(0, 1);
    show(1, 1);
    show(0, 4);
    show(1, 2);
    show(1, 3);
    show(1, 4);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3", "0:4"})) << "one leg fills the other's hole";
    ASSERT_EQ(recorder->legs(), 2U);
    EXPECT_NE(recorder->leg(1).path().find("/s.leg1.20"), std::string::npos);
    EXPECT_EQ(told(0), (Texts{"leg 0/0 connecting", "connected 1/0 ws://feed.example/stream", "leg 1/0 up",
                              "sent 1/0 text sub t.a 1", R"(message 1/1 text {"c":"t.a","n":1})",
                              "gap 1/1 t a: 2 to 3", R"(message 1/2 text {"c":"t.a","n":4})"}));
    EXPECT_EQ(gaps, 1U);
    EXPECT_EQ(told(1),
              (Texts{"leg 0/0 connecting", "connected 1/0 ws://feed.example/stream", "leg 1/0 up",
                     "sent 1/0 text sub t.a 1", R"(message 1/1 text {"c":"t.a","n":1})",
                     R"(message 1/2 text {"c":"t.a","n":2})", R"(message 1/3 text {"c":"t.a","n":3})",
                     R"(message 1/4 text {"c":"t.a","n":4})"}));
    EXPECT_EQ(gaps, 0U);
}

TEST_F(FeedRecorderTest, AHoleInTheNumbersOfAChainNamesItsTwoEnds) {
    venue_with(R"("rule": "contiguous", "last_at": "/n")",
               R"("rule": "chain", "last_at": "/n", "previous_at": "/p")");
    start_recorded(2);
    receive(R"({"c":"t.a","n":10,"p":5})");
    receive(R"({"c":"t.a","n":30,"p":20})");
    const Texts lines = told(0);
    EXPECT_NE(std::find(lines.begin(), lines.end(), "gap 1/1 t a: 10 to 20"), lines.end());
}

TEST_F(FeedRecorderTest, WhatALoginSaysIsLeftOut) {
    feed_options.login = [](std::int64_t) { return std::string("api key"); };
    start_recorded(1);
    const Texts lines = told(0);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[3], "sent 1/0 hidden");
}

TEST_F(FeedRecorderTest, RefusesWhatItCannotRecord) {
    const auto refusal = [&](const RecordOptions& record) {
        try {
            const FeedRecorder refused(*feed, record);
        } catch (const WebSocketError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    feed_options.leg_rings = false;
    make_feed();
    EXPECT_NE(refusal({.folder = folder.path(".")}).find("leg_rings"), std::string::npos);
    feed_options.leg_rings = true;
    feed_options.legs = 2;
    make_feed();
    EXPECT_NE(refusal({.file = folder.path("one.zst")}).find("several legs"), std::string::npos);
    EXPECT_NE(refusal({.folder = "/nonexistent"}).find("/nonexistent"), std::string::npos);
    recorder.emplace(*feed, RecordOptions{.folder = folder.path(".")});
    EXPECT_NE(refusal({.folder = folder.path(".")}).find("already"), std::string::npos);
    EXPECT_FALSE(recorder->stop().failed());
    EXPECT_EQ(refusal({.folder = folder.path("."), .name = "second"}), "");
}

}  // namespace
}  // namespace pinwheel
