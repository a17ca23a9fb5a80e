// Classifying and numbering data allocates nothing: section 9 of the feed's rules.
#include <gtest/gtest.h>

#include "../../../proto/venue/liveness.h"
#include "../../../proto/venue/message_classifier.h"
#include "../../../proto/venue/send_pacer.h"
#include "../../support/allocation_counter.h"
#include "padded.h"

namespace pinwheel::test {
namespace {

TEST(Section9Allocations, ADataMessageIsClassifiedAndNumberedWithoutOne) {
    const auto profile = load_venue("okx-v5");
    ASSERT_TRUE(profile);
    ChannelTable channels(*profile);
    const ChannelId books = *channels.add("books", "BTC-USDT");
    MessageClassifier classifier(*profile, channels);
    SequenceRule rule(channels[books].kind->sequence);
    StaleChannels stale;
    TimePoint now{std::chrono::hours{1}};
    stale.watch(books, std::chrono::seconds{1}, now);
    SendPacer pacer;
    pacer.add({.count = 5, .window = std::chrono::seconds{1}}, SendKinds::all());
    const Padded data(
        R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["1","2","0","1"]],"bids":[],"ts":"1700000000123","seqId":12,"prevSeqId":12}]})");
    const Padded unknown(
        R"({"arg":{"channel":"a channel that nobody asked for","instId":"ETH-USDT"},"data":[]})");
    AllocationCounter counter;
    std::size_t seen = 0;
    for (int i = 0; i < 1000; ++i) {
        now += std::chrono::milliseconds{1};
        const auto message = classifier.classify(data);
        seen +=
            message.channel == books && rule.next(message.numbers).verdict != SequenceVerdict::gap ? 1 : 0;
        stale.on_data(message.channel, now);
        seen += classifier.classify(unknown).kind == MessageKind::data ? 1 : 0;
        if (pacer.earliest(SendKind::ping, now) == now) pacer.record(SendKind::ping, now);
    }
    const AllocationCount count = counter.stop();
    if (count.all() != 0) counter.print_callers();
    EXPECT_EQ(count.all(), 0U);
    EXPECT_EQ(seen, 2000U);
}

}  // namespace
}  // namespace pinwheel::test
