#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../../core/bytes.h"

namespace pinwheel::test {

/// Commits a message that grows over many pieces in a sink. Returns its text.
template <class Sink>
std::string commit_growing_message(Sink& sink) {
    std::string expected = "begin";
    const auto claim = sink.claim(expected.size());
    std::copy_n(bytes_of(expected).begin(), expected.size(), claim.room);
    for (std::size_t size = 6; size < 100'000; size += 1 + size / 7) {
        auto* const room = sink.grow(expected.size(), size);
        EXPECT_NE(room, nullptr);
        if (room == nullptr) return {};
        std::fill(room + expected.size(), room + size, std::byte{'a'});
        expected.resize(size, 'a');
    }
    sink.commit(expected.size(), true, {});
    return expected;
}

}  // namespace pinwheel::test
