#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "../../core/mapped_memory.h"
#include "../../core/spsc_ring.h"
#include "ring_support.h"

namespace pinwheel {
namespace {

/// One memory, mapped twice.
class SharedMemory {
  public:
    explicit SharedMemory(std::size_t size) : size_(size), memory_(::memfd_create("ring", 0)) {
        EXPECT_EQ(::ftruncate(memory_, static_cast<off_t>(size)), 0);
        here_ = map();
        there_ = map();
        EXPECT_NE(here_.data(), there_.data());
    }
    ~SharedMemory() {
        ::munmap(here_.data(), size_);
        ::munmap(there_.data(), size_);
        ::close(memory_);
    }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    [[nodiscard]] std::span<std::byte> here() const { return here_; }
    [[nodiscard]] std::span<std::byte> there() const { return there_; }

  private:
    [[nodiscard]] std::span<std::byte> map() const {
        void* const at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, memory_, 0);
        EXPECT_NE(at, MAP_FAILED);
        return {static_cast<std::byte*>(at), size_};
    }

    std::size_t size_;
    int memory_;
    std::span<std::byte> here_;
    std::span<std::byte> there_;
};

TEST(SpscRing, WorksBetweenTwoMappingsOfOneMemory) {
    const SharedMemory memory(SpscRing::bytes_needed(4096));
    SpscRing producer(memory.here(), 4096);
    SpscRing consumer(memory.there());
    EXPECT_EQ(consumer.capacity(), 4096U);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(push(producer, std::string(static_cast<std::size_t>(i) * 20, 'x')));
        producer.publish();
        ASSERT_NE(consumer.front(), nullptr);
        ASSERT_EQ(text_of(*consumer.front()), std::string(static_cast<std::size_t>(i) * 20, 'x'));
        consumer.pop();
    }
    EXPECT_EQ(producer.fill(), 0U);
}

TEST(SpscRing, AHandleThatJoinsContinuesAtTheRingsPositions) {
    const SharedMemory memory(SpscRing::bytes_needed(512));
    SpscRing first(memory.here(), 512);
    ASSERT_TRUE(push(first, "one"));
    ASSERT_TRUE(push(first, "two"));
    first.publish();
    ASSERT_NE(first.front(), nullptr);
    first.pop();

    SpscRing second(memory.there());
    ASSERT_TRUE(push(second, "three"));
    ASSERT_TRUE(push(second, "four"));
    ASSERT_TRUE(push(second, "five"));
    EXPECT_FALSE(push(second, "six")) << "the room that the first handle's records take is not free";
    second.publish();
    for (const char* const text : {"two", "three", "four", "five"}) {
        ASSERT_NE(second.front(), nullptr);
        EXPECT_EQ(text_of(*second.front()), text);
        second.pop();
    }
    SpscRing third(memory.here());
    EXPECT_EQ(third.front(), nullptr);
}

// M4
TEST(SpscRing, AReadersPositionThatCannotBeBreaksTheRing) {
    for (const std::uint64_t position : {std::uint64_t{2}, std::uint64_t{40 * 64}, ~std::uint64_t{0},
                                         std::uint64_t{1} << 63, std::uint64_t{7}}) {
        const SharedMemory memory(SpscRing::bytes_needed(512));
        SpscRing producer(memory.here(), 512);
        SpscRing consumer(memory.there());
        ASSERT_TRUE(push(producer, std::string(300, 'x')));
        producer.publish();
        ASSERT_NE(consumer.front(), nullptr);
        consumer.pop();
        ASSERT_TRUE(push(producer, std::string(300, 'x'))) << "has seen the reader at 7 of 8 units";
        reinterpret_cast<SpscRing::Control*>(memory.there().data())->read = position;
        EXPECT_EQ(producer.claim(40 * 512), nullptr) << position;
        if (position == 7) {
            EXPECT_FALSE(producer.broken());
            continue;
        }
        EXPECT_TRUE(producer.broken()) << position;
        EXPECT_TRUE(consumer.broken());
        EXPECT_EQ(producer.claim(0), nullptr) << "for good";
        EXPECT_LE(producer.fill(), 512U);
        EXPECT_THROW(SpscRing{memory.here()}, std::invalid_argument);
    }
}

// M4
TEST(SpscRing, AWritersPositionThatCannotBeBreaksTheRing) {
    for (const std::uint64_t position : {std::uint64_t{9}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
        const SharedMemory memory(SpscRing::bytes_needed(512));
        SpscRing producer(memory.here(), 512);
        SpscRing consumer(memory.there());
        reinterpret_cast<SpscRing::Control*>(memory.here().data())->written = position;
        EXPECT_EQ(consumer.front(), nullptr) << position;
        EXPECT_TRUE(consumer.broken());
        EXPECT_TRUE(producer.broken());
        EXPECT_LE(consumer.fill(), 512U);
    }
}

// M4
TEST(SpscRing, ARecordThatExtendsPastTheWrittenPositionBreaksTheRing) {
    for (const std::uint32_t size : {17U, 1000U, 0x7fffffffU, 0xffffffffU}) {
        const SharedMemory memory(SpscRing::bytes_needed(512));
        SpscRing producer(memory.here(), 512);
        SpscRing consumer(memory.there());
        ASSERT_TRUE(push(producer, "x"));
        producer.publish();
        auto* const record =
            reinterpret_cast<RecordHeader*>(memory.here().data() + sizeof(SpscRing::Control));
        record->size = size;
        EXPECT_EQ(consumer.front(), nullptr) << size;
        EXPECT_EQ(consumer.front(), nullptr) << "for good";
        EXPECT_TRUE(producer.broken());
    }
}

TEST(SpscRing, JoiningRefusesMemoryThatHoldsNoFittingRing) {
    using Control = SpscRing::Control;
    const SharedMemory memory(SpscRing::bytes_needed(4096));
    const auto whole = memory.here();
    auto& control = *reinterpret_cast<Control*>(whole.data());
    EXPECT_THROW(SpscRing{whole}, std::invalid_argument) << "zeroed";
    EXPECT_THROW(SpscRing(whole, 8192), std::invalid_argument) << "too small";
    EXPECT_THROW(SpscRing(whole.subspan(8), 1024), std::invalid_argument) << "not aligned";

    const SpscRing made(whole, 4096);
    EXPECT_NO_THROW(SpscRing{whole});
    EXPECT_THROW(SpscRing{whole.first(100)}, std::invalid_argument) << "not even a control block";
    EXPECT_THROW(SpscRing{whole.first(4096)}, std::invalid_argument) << "a part";
    EXPECT_THROW(SpscRing{whole.first(whole.size() - 1)}, std::invalid_argument) << "all but the end";
    EXPECT_THROW(BasicSpscRing<std::uint8_t>{whole}, std::invalid_argument) << "other positions";
    ++control.version;
    EXPECT_THROW(SpscRing{whole}, std::invalid_argument) << "another version";
    --control.version;
    control.capacity += std::uint64_t{1} << 58;
    EXPECT_THROW(SpscRing{whole}, std::invalid_argument) << "a size that overflows";
    control.capacity -= std::uint64_t{1} << 58;
    control.written = 65;
    EXPECT_THROW(SpscRing{whole}, std::invalid_argument) << "more written than there is room";
    control.written = 64;
    EXPECT_NO_THROW(SpscRing{whole});
}

TEST(SpscRing, PrefaultBringsInEveryPage) {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t pages = SpscRing::bytes_needed(16 * page) / page + 1;
    const MappedMemory memory(pages * page);
    SpscRing ring({memory.data(), memory.size()}, 16 * page);
    const auto resident = [&] {
        std::vector<unsigned char> states(pages);
        EXPECT_EQ(::mincore(memory.data(), memory.size(), states.data()), 0);
        return std::count_if(states.begin(), states.end(), [](unsigned char state) { return state & 1U; });
    };
    EXPECT_LT(resident(), static_cast<std::ptrdiff_t>(pages));
    ring.prefault();
    EXPECT_EQ(resident(), static_cast<std::ptrdiff_t>(pages));
}

/// Sends and checks numbered records of random sizes. The consumer also reads the padding, like a vectorised
/// parser.
template <class Producer, class Consumer>
void exchange(Producer& outgoing, Consumer& incoming, std::uint64_t records) {
    std::thread producer([&] {
        std::mt19937 random(5);
        for (std::uint64_t i = 1; i <= records; ++i) {
            const std::string text(random() % 300, static_cast<char>('a' + i % 26));
            while (!push(outgoing, text, i)) {
                outgoing.publish();
                std::this_thread::yield();
            }
            if (i % 7 == 0) outgoing.publish();
        }
        outgoing.publish();
    });
    std::mt19937 random(5);
    std::uint64_t mismatches = 0;
    for (std::uint64_t i = 1; i <= records;) {
        const auto* const record = incoming.front();
        if (record == nullptr) {
            std::this_thread::yield();
            continue;
        }
        const std::string expected(random() % 300, static_cast<char>('a' + i % 26));
        mismatches += record->sequence != i || text_of(*record) != expected;
        const auto* const end = record->payload().data() + record->size;
        for (std::size_t k = 0; k < kPayloadPadding; ++k)
            std::ignore = *static_cast<const volatile std::byte*>(end + k);
        incoming.pop();
        ++i;
    }
    producer.join();
    EXPECT_EQ(mismatches, 0U);
}

TEST(SpscRingThreads, EveryRecordArrivesCompleteAndInOrder) {
    SpscRing ring(1 << 14);
    exchange(ring, ring, 200'000);
}

TEST(SpscRingThreads, EveryRecordArrivesThroughTwoMappingsWhilePositionsWrap) {
    using Ring = BasicSpscRing<std::uint8_t>;
    const SharedMemory memory(Ring::bytes_needed(2048));
    Ring producer(memory.here(), 2048);
    Ring consumer(memory.there());
    exchange(producer, consumer, 200'000);
}

}  // namespace
}  // namespace pinwheel
