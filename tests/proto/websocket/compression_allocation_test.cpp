// Compressed messages allocate nothing once the memory has been taken at the upgrade.
#include <gtest/gtest.h>

#include "../../support/allocation_counter.h"
#include "../../support/deflater.h"
#include "../../support/message_log.h"

namespace pinwheel::test {
namespace {

TEST(CompressionAllocations, MessagesOfAllSizesAreInflatedWithoutOne) {
    Deflater server;
    std::string stream;
    for (const std::size_t size : {0U, 10U, 1000U, 40'000U, 1'000'000U, 200U}) {
        std::string text(size, 'x');
        for (std::size_t i = 0; i < size; i += 3) text[i] = static_cast<char>('a' + i * i % 26);
        stream += raw_frame({.fin = false, .rsv = 4}, server.message(text));
        stream += continuation("", true);
        stream += raw_frame({.rsv = 4}, server.last_block(text) + std::string(1, '\0'));
    }
    struct Control final : ControlSink {
        void on_ping(std::span<const std::byte>) override {}
        void on_pong(std::span<const std::byte>) override {}
        void on_close(const CloseFrame&) override {}
        void on_message(const Message& message) { bytes += message.payload.size(); }
        std::size_t bytes = 0;
    } control;
    CallbackSink sink{CallbackSink::Callback::member<&Control::on_message>(control)};
    MessageAssembler assembler(Role::client, kMaxMessage, sink, control);
    ASSERT_EQ(assembler.allow_compression(), Errc::ok);
    AllocationCounter counter;
    assembler.feed(bytes_of(stream));
    const auto progress = assembler.run({});
    const AllocationCount count = counter.stop();
    counter.print_callers();
    EXPECT_EQ(progress, MessageAssembler::Progress::need_input) << describe(assembler.error());
    EXPECT_EQ(control.bytes, 2U * 1'041'210);
    EXPECT_EQ(count.all(), 0U);
}

}  // namespace
}  // namespace pinwheel::test
