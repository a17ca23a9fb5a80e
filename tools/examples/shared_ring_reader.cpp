// Reads the ring of shared_ring_writer, reports the end of its writer, and continues with the next one.
//     shared_ring_reader FILE MESSAGES

#include "shared_ring.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace {

using namespace pinwheel;

/// Reads until the writer has ended, or this many messages have come.
void read(shared_ring::Reader& ring, long& messages_left) {
    BackoffIdle idle;
    bool lives = true;
    unsigned long long sequence = 0;
    while (messages_left > 0) {
        const RecordHeader* const record = ring.front();
        if (record != nullptr) {
            if (record->kind == RecordKind::connected) std::printf("connected, %u\n", record->generation);
            if (record->kind == RecordKind::dropped) std::puts("a gap");
            if (record->kind == RecordKind::message) {
                sequence = record->sequence;
                --messages_left;
            }
            ring.pop();
        } else if (ring.broken()) {
            throw std::runtime_error("the ring is broken");
        } else if (!lives) {
            std::printf("the writer is gone, after message %llu\n", sequence);
            std::fflush(stdout);
            return;
        } else {
            lives = ring.writer_lives();  // then one more pass for its last records
        }
        std::fflush(stdout);
        idle.idle(record != nullptr ? 1 : 0);
    }
    std::puts("enough");
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) return std::fprintf(stderr, "shared_ring_reader FILE MESSAGES\n"), 2;
    long messages_left = std::atol(argv[2]);
    BackoffIdle idle;
    std::optional<shared_ring::Reader> ring;
    while (messages_left > 0) {
        if (!ring || !ring->is_at(argv[1])) {
            if (auto fd = shared_ring::Reader::open(argv[1])) {
                ring.emplace(std::move(*fd));
                std::puts("attached");
                read(*ring, messages_left);
            }
        }
        idle.idle(0);
    }
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
