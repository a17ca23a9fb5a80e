#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../../tools/examples/shared_ring.h"
#include "../../../tools/feed/venue_server.h"
#include "../../support/feed_thread.h"
#include "../../support/subprocess.h"
#include "../../support/temp_dir.h"

namespace pinwheel::test {
namespace {

/// Runs the examples like their users, against the built-in exchange over verified TLS.
class Examples : public testing::Test {
  protected:
    Examples() { ::setenv("SSL_CERT_FILE", feed.authority_file().c_str(), 1); }

    [[nodiscard]] std::vector<std::string> command(const std::string& name,
                                                   std::vector<std::string> arguments = {}) const {
        arguments.insert(arguments.begin(),
                         {std::string(PINWHEEL_EXAMPLES) + "/" + name, feed.url("/market")});
        return arguments;
    }
    /// Runs it to its successful end; returns its output.
    [[nodiscard]] std::string output(const std::string& name, std::vector<std::string> arguments = {}) const {
        Subprocess program(command(name, std::move(arguments)));
        std::string text = program.read_rest();
        EXPECT_EQ(program.wait(), 0) << text;
        return text;
    }

    FeedThread feed{true};
};

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST_F(Examples, Streaming) {
    const std::string text = output("streaming");
    EXPECT_EQ(count(text, R"({"type":"subscribed","channel":"trades.BTC-USD"})"), 2U) << text;
    EXPECT_EQ(count(text, "\n"), 8U) << text;
    EXPECT_NE(text.find("\nDISCONNECTED\n"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\nDISCONNECTED, 2 connects\n")) << text;
}

TEST_F(Examples, Messages) {
    EXPECT_EQ(output("messages"),
              "received error\nsubscribed to trades.BTC-USD\nsubscribed to trades.ETH-USD\n"
              "1 subscription left\n");
}

TEST_F(Examples, CandleWindow) {
    const std::string text = output("candle_window", {"0.4", "3"});
    EXPECT_TRUE(
        text.starts_with("connected\ndisconnected: CALLBACK_TRIGGERED\nconnected\n"
                         "disconnected: CALLBACK_TRIGGERED\nconnected\n"))
        << text;
    EXPECT_NE(text.find(" cuts by choice, 0 suffered\n"), std::string::npos) << text;
}

TEST_F(Examples, PlannedPauses) {
    EXPECT_EQ(output("planned_pauses", {"0.05"}),
              "RECONNECTING\nCONNECTED\nDISCONNECTED\nCONNECTED\nDISCONNECTED\nCONNECTED\n");
}

TEST_F(Examples, Endings) {
    EXPECT_EQ(output("endings"),
              "kill: DISCONNECTED, dead 1, recoverable 1, shut down 0\n"
              "restart: CONNECTED, dead 0, recoverable 0, shut down 0\n"
              "force_close: CLOSED, dead 1, recoverable 0, shut down 1\n"
              "alert: connect() changes nothing: the session is CLOSED permanently; make a new manager\n"
              "connect: CLOSED, dead 1, recoverable 0, shut down 1\n");
}

TEST_F(Examples, Interrupt) {
    for (const int signal : {SIGINT, SIGTERM}) {
        Subprocess program(command("interrupt"));
        EXPECT_TRUE(program.read_line().starts_with("streaming: "));
        program.signal(signal);
        EXPECT_EQ(program.read_line(), "CLOSED, shut down 1");
        EXPECT_EQ(program.wait(), 0);
    }
}

TEST_F(Examples, Watchdog) {
    EXPECT_EQ(output("watchdog", {"0.02"}), "restarted\nCLOSED after 2 connects\n");
}

TEST_F(Examples, Values) {
    const std::string text = output("values");
    EXPECT_TRUE(text.starts_with("20\n10\nping_interval = 5 s (clamped: ")) << text;
    EXPECT_TRUE(
        text.ends_with("\nwss://example.com/ws: DISCONNECTED\n0\n1 connect, 1 + 1 disconnects, "
                       "100 bytes in, 50 bytes out, up: 1\n0\n"))
        << text;
}

TEST_F(Examples, OwnLoop) {
    EXPECT_TRUE(output("own_loop").ends_with("bytes, more steps than messages: 1\n"));
}

TEST_F(Examples, TwoCores) {
    EXPECT_EQ(output("two_cores"), "connected, generation 1\norder sent\nCLOSED\n");
}

TEST_F(Examples, TwoVenues) {
    const FeedThread other(false);
    const std::string text = output("two_venues", {other.url("/market")});
    EXPECT_EQ(count(text, " is up\n"), 2U) << text;
    EXPECT_TRUE(text.ends_with("both stream\nleft DISCONNECTED, right CONNECTED\n")) << text;
}

/// A simulated venue on a thread of its own, on 127.0.0.1.
class VenueThread {
  public:
    VenueThread(const VenueProfile& profile, const SimulationOptions& simulation)
        : server_(reactor_, profile, {.listen = *Endpoint::parse("127.0.0.1", 0), .simulation = simulation}) {
        thread_ = std::thread([this] { reactor_.run(); });
    }
    ~VenueThread() { stop(); }
    VenueThread(const VenueThread&) = delete;
    VenueThread& operator=(const VenueThread&) = delete;

    void stop() {
        reactor_.stop();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] std::string url() const {
        return "ws://127.0.0.1:" + std::to_string(server_.endpoint().port()) + "/";
    }
    /// After stop().
    [[nodiscard]] std::size_t violations() const { return server_.venue().violations().size(); }

  private:
    Reactor reactor_;
    VenueServer server_;
    std::thread thread_;
};

TEST_F(Examples, VenueFeed) {
    VenueThread venue(*load_venue("binance-spot"), {.rate = 500});
    Subprocess program({std::string(PINWHEEL_EXAMPLES) + "/venue_feed", venue.url()});
    const std::string text = program.read_rest();
    EXPECT_EQ(program.wait(), 0) << text;
    EXPECT_TRUE(text.starts_with("trade live, bookTicker live\ntrade 1000001 at 6")) << text;
    EXPECT_EQ(count(text, "\ntrade "), 10U) << text;
    EXPECT_EQ(count(text, "missing"), 0U) << text;
    venue.stop();
    EXPECT_EQ(venue.violations(), 0U);
}

TEST_F(Examples, OrderBook) {
    const SimulationOptions simulation{.rate = 200, .by_clock = true};
    VenueThread one(*load_venue("okx-v5"), simulation);
    VenueThread two(*load_venue("okx-v5"), simulation);
    Subprocess program({std::string(PINWHEEL_EXAMPLES) + "/order_book", "2", one.url(), two.url()});
    const std::string text = program.read_rest();
    EXPECT_EQ(program.wait(), 0) << text;
    EXPECT_TRUE(text.starts_with("2 of 2 books are the venue's; 0 messages did not fit, 0 gaps; ")) << text;
    one.stop();
    two.stop();
    EXPECT_EQ(one.violations() + two.violations(), 0U);
}

TEST_F(Examples, Coroutines) {
    std::string text = output("coroutines", {"0.05"});
    const std::string leaves = "the watchdog leaves\n";  // its time varies
    ASSERT_EQ(count(text, leaves), 1U) << text;
    text.erase(text.find(leaves), leaves.size());
    const auto own = text.find("stream: ");
    EXPECT_EQ(count(text.substr(0, own), "\n"), 3U) << text;
    EXPECT_EQ(text.substr(own).substr(0, 40), "stream: DISCONNECTED\nstream: CONNECTED\nr") << text;
    EXPECT_TRUE(
        text.ends_with("pauses: RECONNECTING\npauses: RECONNECTING\npauses: CONNECTED\nforce_close: CLOSED\n"
                       "kill: DISCONNECTED\nrestarted: CONNECTED\nshutdown: CLOSED\n"))
        << text;
}

TEST_F(Examples, SharedRingOutlivesItsWriter) {
    const TempDir folder;
    const std::string file = folder.path("feed");
    Subprocess writer(command("shared_ring_writer", {file}));
    Subprocess reader({std::string(PINWHEEL_EXAMPLES) + "/shared_ring_reader", file, "5000"});
    EXPECT_EQ(reader.read_line(), "attached");
    EXPECT_EQ(reader.read_line(), "connected, 1");
    writer.signal(SIGKILL);
    EXPECT_TRUE(reader.read_line().starts_with("the writer is gone, after message "));
    Subprocess next(command("shared_ring_writer", {file}));
    EXPECT_EQ(reader.read_line(), "attached");
    EXPECT_EQ(reader.read_line(), "connected, 1");
    EXPECT_TRUE(reader.read_rest().ends_with("enough\n"));
    EXPECT_EQ(reader.wait(), 0);
}

TEST(SharedRing, ReportsMessagesThatItsReaderMissed) {
    const TempDir folder;
    shared_ring::Writer writer(folder.path("ring"), 512);
    const std::string payload(100, 'x');
    for (std::uint64_t i = 1; i <= 4; ++i)  // each takes half of the ring
        writer.message({.payload = std::as_bytes(std::span(payload)), .generation = 1, .sequence = i});
    shared_ring::Reader reader(*shared_ring::Reader::open(folder.path("ring")));
    ASSERT_EQ(reader.front()->sequence, 1U);
    EXPECT_EQ(Message::from(*reader.front()).text(), payload);
    reader.pop();
    ASSERT_EQ(reader.front()->sequence, 2U);
    reader.pop();
    EXPECT_EQ(reader.front(), nullptr);
    writer.message({.payload = std::as_bytes(std::span(payload)), .generation = 1, .sequence = 5});
    ASSERT_EQ(reader.front()->kind, RecordKind::dropped);
    EXPECT_EQ(reader.front()->count, 2U);
    reader.pop();
    EXPECT_EQ(reader.front()->sequence, 5U);
    EXPECT_TRUE(reader.writer_lives());
}

// M4
TEST(SharedRing, ItsWriterEndsWhenTheRingIsBroken) {
    const TempDir folder;
    shared_ring::Writer writer(folder.path("ring"), 512);
    const int file = ::open(folder.path("ring").c_str(), O_RDWR);
    const std::uint64_t garbage = 1U << 20;
    ASSERT_EQ(::pwrite(file, &garbage, sizeof garbage,
                       shared_ring::kPage - shared_ring::kControl + offsetof(SpscRing::Control, read)),
              8);
    ::close(file);
    const auto write = [&] {
        for (int i = 0; i < 6; ++i) writer.message({.payload = std::as_bytes(std::span("x"))});
    };
    EXPECT_THROW(write(), std::runtime_error);
}

TEST(SharedRingDeath, ARecordCannotBeChangedByItsReader) {
    const TempDir folder;
    shared_ring::Writer writer(folder.path("ring"), 4096);
    writer.control({.kind = RecordKind::connected, .generation = 1});
    shared_ring::Reader reader(*shared_ring::Reader::open(folder.path("ring")));
    auto* const record = const_cast<RecordHeader*>(reader.front());
    EXPECT_DEATH(record->generation = 2, "");
}

}  // namespace
}  // namespace pinwheel::test
