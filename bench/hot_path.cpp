// Decodes at least MESSAGES text frames of SIZE bytes, 13 KiB a read, and prints their number. It does no
// other work: for counting instructions.
#include <cstdio>
#include <cstdlib>

#include "../proto/delivery/callback_sink.h"
#include "support/frame_stream.h"

int main(int argc, char** argv) {
    using namespace pinwheel;
    if (argc != 3) {
        std::fprintf(stderr, "usage: hot_path MESSAGES SIZE\n");
        return 2;
    }
    const std::size_t wanted = std::strtoul(argv[1], nullptr, 10);
    const std::size_t size = std::strtoul(argv[2], nullptr, 10);
    const bench::FrameStream stream(size);
    std::size_t messages = 0;
    std::size_t bytes = 0;
    const auto take = [&](const Message& message) {
        ++messages;
        bytes += message.payload.size();
    };
    CallbackSink sink{CallbackSink::Callback(take)};
    bench::NoControl control;
    MessageAssembler assembler(Role::client, std::size_t{64} << 20, sink, control);
    bool ok = true;
    while (messages < wanted)
        stream.in_reads_of(std::size_t{13} << 10, [&](std::span<const std::byte> read) {
            assembler.feed(read);
            ok = ok && assembler.run({}) == MessageAssembler::Progress::need_input;
        });
    std::printf("%zu\n", messages);
    return ok && bytes == messages * size ? 0 : 1;
}
