#include "../../core/record.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace pinwheel {
namespace {

TEST(Record, FieldsStandWhereTheDrawingShowsThem) {
    RecordHeader header;
    header.size = 0x01020304;
    header.kind = static_cast<RecordKind>(5);
    header.flags = 6;
    header.code = 0x0708;
    header.sequence = 0x1111111111111111;
    header.count = 0x2222222222222222;
    header.generation = 0x33333333;
    header.reason = 0x44;
    header.received = 0x5555555555555555;
    header.kernel_received = 0x6666666666666666;
    std::array<unsigned char, 48> raw{};
    std::memcpy(raw.data(), &header, sizeof header);
    const std::array<unsigned char, 48> expected{
        0x04, 0x03, 0x02, 0x01, 5,    6,    0x08, 0x07, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
        0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x33, 0x33, 0x33, 0x33, 0x44, 0,    0,    0,
        0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
    EXPECT_EQ(raw, expected);
}

TEST(Record, ThePayloadFollowsTheHeader) {
    struct Whole {
        RecordHeader header;
        std::array<std::byte, 8> payload{};
    } whole;
    whole.header.size = 3;
    EXPECT_EQ(whole.header.payload().data(), whole.payload.data());
    EXPECT_EQ(whole.header.payload().size(), 3U);
}

TEST(Record, EachFlagIsItsOwn) {
    RecordHeader header;
    EXPECT_FALSE(header.is_text() || header.is_last_in_batch());
    header.flags = RecordHeader::kText;
    EXPECT_TRUE(header.is_text() && !header.is_last_in_batch());
    header.flags = RecordHeader::kLastInBatch;
    EXPECT_TRUE(!header.is_text() && header.is_last_in_batch());
}

}  // namespace
}  // namespace pinwheel
