// The cost of a feed over a plain manager: both receive the same messages of a venue, about 200 bytes each,
// with increasing numbers.
//
//   feed_cost MODE_VENUE MESSAGES SIZE   for bench/compare_instructions: receives MESSAGES and prints their
//                                        number; MODE is manager or feed, SIZE is ignored
//   feed_cost [--smoke]                  the time a message of each venue, side by side
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../proto/feed/feed.h"
#include "../proto/websocket/accept_key.h"
#include "../proto/websocket/frame_codec.h"
#include "support/median.h"

namespace {

using namespace pinwheel;

/// A message in which ten `#` are replaced by its number and ten `@` by the number before.
struct VenueCase {
    std::string_view name, profile, channel, symbol, message;
};
constexpr std::array<VenueCase, 4> kVenues{
    {{"okx", "okx-v5", "books", "BTC-USDT",
      R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["41006.8","0.6003","0","1"]],"bids":[],"ts":"1629966436396","prevSeqId":@@@@@@@@@@,"seqId":##########}]})"},
     {"binance", "binance-spot", "trade", "btcusdt",
      R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":##########,"p":"64231.50000000","q":"0.00420000","b":123456789012,"a":123456785012,"T":1672515782136,"m":true,"M":true}})"},
     {"bybit", "bybit-v5", "orderbook.50", "BTCUSDT",
      R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":[["30247.20","30.028"]],"a":[["30248.70","0"]],"u":##########,"seq":7961638724},"cts":1687940967464})"},
     {"deribit", "deribit-v2", "book.100ms", "BTC-PERPETUAL",
      R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"timestamp":1554373962454,"type":"change","prev_change_id":@@@@@@@@@@,"change_id":##########,"bids":[["new",5041.0,10.0]],"asks":[]}}})"}}};

/// A text frame of the case. The numbers are rewritten for each message.
class Frames {
  public:
    explicit Frames(const VenueCase& venue)
        : frame_(std::size_t{4} + venue.message.size(), '\0'), size_(venue.message.size()) {
        const auto size = encode_frame(Opcode::text, std::as_bytes(std::span(venue.message)), std::nullopt,
                                       std::as_writable_bytes(std::span(frame_)));
        frame_.resize(size);
        at_number_ = frame_.find("##########");
        at_previous_ = frame_.find("@@@@@@@@@@");
    }
    [[nodiscard]] std::size_t message_size() const noexcept { return size_; }

    /// Writes as many complete frames as fit; returns their bytes.
    std::size_t fill(std::span<std::byte> out) noexcept {
        std::size_t used = 0;
        for (; used + frame_.size() <= out.size(); used += frame_.size()) {
            if (at_previous_ != std::string::npos) write_number(at_previous_, number_);
            write_number(at_number_, ++number_);
            std::memcpy(out.data() + used, frame_.data(), frame_.size());
        }
        return used;
    }

  private:
    void write_number(std::size_t at, std::uint64_t number) noexcept {
        for (std::size_t i = 10; i > 0; --i, number /= 10)
            frame_[at + i - 1] = static_cast<char>('0' + number % 10);
    }

    std::string frame_;
    std::size_t size_;
    std::size_t at_number_ = 0, at_previous_ = 0;
    std::uint64_t number_ = 1'000'000'000;
};

/// The venue's end without a socket: accepts the upgrade, then delivers the next messages at each turn, and
/// discards all that is sent.
class VenueStream final : public ByteStream {
  public:
    explicit VenueStream(Frames& frames) : frames_(frames) {}

    IoResult read_some(std::span<std::byte> out) noexcept override {
        if (!accepted_) return accept(out);
        if (std::exchange(is_read_, true)) {
            is_read_ = false;
            return IoResult::again();
        }
        return IoResult::done(frames_.fill(out.first(std::min(out.size(), kRead))));
    }
    IoResult write_some(std::span<const std::byte> in) noexcept override {
        if (!accepted_) request_.append(reinterpret_cast<const char*>(in.data()), in.size());
        return IoResult::done(in.size());
    }
    void shutdown_write() noexcept override {}
    void abort() noexcept override {}
    [[nodiscard]] int fd() const noexcept override { return -1; }

  private:
    static constexpr std::size_t kRead = std::size_t{13} << 10;

    IoResult accept(std::span<std::byte> out) {
        static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
        if (request_.find("\r\n\r\n") == std::string::npos) return IoResult::again();
        const std::string answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            accept_for_key(std::string_view(request_).substr(request_.find(kKey) + kKey.size(), 24)) +
            "\r\n\r\n";
        std::memcpy(out.data(), answer.data(), answer.size());
        accepted_ = true;
        is_read_ = true;
        return IoResult::done(answer.size());
    }

    Frames& frames_;
    std::string request_;
    bool accepted_ = false;
    bool is_read_ = false;
};

class VenueDialer final : public Dialer {
  public:
    VenueDialer(Reactor& reactor, Frames& frames) : reactor_(reactor), frames_(frames) {}
    std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<VenueDial>(*this, handler);
    }

  private:
    struct VenueDial final : Dial {
        VenueDial(VenueDialer& its_dialer, DialHandler& its_handler)
            : dialer(its_dialer), handler(its_handler) {
            dialer.reactor_.schedule(timer, dialer.reactor_.now());
        }
        void answer(TimePoint) { handler.on_dialed(std::make_unique<VenueStream>(dialer.frames_)); }
        VenueDialer& dialer;
        DialHandler& handler;
        Timer timer{Timer::Callback::member<&VenueDial::answer>(*this)};
    };
    Reactor& reactor_;
    Frames& frames_;
};

/// One way of receiving one venue's messages.
class Receiver {
  public:
    Receiver(const VenueCase& venue, bool is_feed) : frames_(venue), dialer_(reactor_, frames_) {
        WebSocketOptions session;
        session.dialer = &dialer_;
        if (!is_feed) {
            session.on_message = [this](const Message& message) { count(message.payload.size()); };
            ws_.emplace(reactor_, "ws://bench.example/", session);
            ws_->connect();
            return;
        }
        FeedOptions options;
        options.url = "ws://bench.example/";
        options.websocket = session;
        options.on_message = [this](const FeedMessage& message) { count(message.payload.size()); };
        const auto profile = load_venue(venue.profile);
        if (!profile) std::abort();
        feed_.emplace(reactor_, *profile, options);
        feed_->subscribe(venue.channel, venue.symbol);
        feed_->connect();
    }

    /// Receives at least this many messages.
    void run(std::size_t messages) {
        const std::size_t until = messages_ + messages;
        while (messages_ < until) reactor_.poll();
    }
    [[nodiscard]] std::size_t messages() const noexcept { return messages_; }
    /// True if all messages came, in order and classified.
    [[nodiscard]] bool is_good() const noexcept {
        return bytes_ == messages_ * frames_.message_size() &&
               (!feed_ || (feed_->stats().gaps == 0 && feed_->stats().duplicates == 0 &&
                           feed_->stats().unmatched == 0 && feed_->settled()));
    }

  private:
    void count(std::size_t size) noexcept {
        ++messages_;
        bytes_ += size;
    }

    Reactor reactor_{{.mode = ReactorMode::busy_spin}};
    Frames frames_;
    VenueDialer dialer_;
    std::optional<WebSocketManager> ws_;
    std::optional<Feed> feed_;
    std::size_t messages_ = 0, bytes_ = 0;
};

double ns_a_message(Receiver& receiver, std::size_t messages) {
    SteadyClock clock;
    const auto began = clock.now();
    receiver.run(messages);
    return static_cast<double>((clock.now() - began).count()) / static_cast<double>(messages);
}

bool compare(const VenueCase& venue, int rounds, std::size_t messages) {
    Receiver manager(venue, false);
    Receiver feed(venue, true);
    std::vector<double> plain;
    std::vector<double> fed;
    for (int round = 0; round < rounds; ++round) {
        plain.push_back(ns_a_message(manager, messages));
        fed.push_back(ns_a_message(feed, messages));
    }
    const double usual = bench::median(plain);
    const double with = bench::median(fed);
    std::printf("%-8s %3zu bytes: manager %5.0f ns, feed %5.0f ns a message: %+5.0f ns\n",
                std::string(venue.name).c_str(), venue.message.size(), usual, with, with - usual);
    return manager.is_good() && feed.is_good();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view way = argc > 1 ? argv[1] : "";
    if (argc <= 2 && (way.empty() || way == "--smoke")) {
        bool is_good = true;
        for (const auto& venue : kVenues)
            is_good &= way.empty() ? compare(venue, 501, 2000) : compare(venue, 3, 200);
        return is_good ? 0 : 1;
    }
    for (const auto& venue : kVenues) {
        const bool is_feed = way == "feed_" + std::string(venue.name);
        if (argc != 4 || (!is_feed && way != "manager_" + std::string(venue.name))) continue;
        Receiver receiver(venue, is_feed);
        receiver.run(std::strtoul(argv[2], nullptr, 10));
        std::printf("%zu\n", receiver.messages());
        return receiver.is_good() ? 0 : 1;
    }
    std::fprintf(stderr,
                 "usage: feed_cost [--smoke]\n       feed_cost manager_VENUE|feed_VENUE MESSAGES SIZE\n");
    return 2;
}
