// Compares the assembler with wslay's event layer on streams that both accept.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "../../../proto/websocket/message_assembler.h"
#include "../../support/frames.h"
#include "../../support/message_log.h"
#include "../../support/wslay_events.h"

namespace pinwheel {
namespace {

using namespace test;

TEST(MessageAssembler, AgreesWithWslaysEventLayerOnStreamsThatBothAccept) {
    std::mt19937 random(11);
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    // Pieces of valid UTF-8, so that a message is valid with any split.
    const std::vector<std::string> alphabet = {"a", "plain ascii, a bit longer", "\xc3\xa9", "\xe2\x82\xac",
                                               "\xf0\x9f\x98\x80"};
    const auto text = [&](std::size_t least) {
        std::string made;
        while (made.size() < least) made += alphabet[below(alphabet.size())];
        return made;
    };
    for (int round = 0; round < 2000; ++round) {
        std::string stream;
        for (int messages = 0; messages < 8; ++messages) {
            const bool is_text = below(2) == 0;
            std::string rest = text(below(below(9) == 0 ? 20'000 : 200));
            bool first = true;
            do {
                if (below(3) == 0) stream += ping_frame(text(below(100)));
                if (below(5) == 0) stream += pong_frame("");
                const std::size_t size = below(2) == 0 ? rest.size() : below(rest.size() + 1);
                const bool fin = size == rest.size() && below(4) != 0;
                const std::string part = rest.substr(0, size);
                stream += !first    ? continuation(part, fin)
                          : is_text ? text_frame(part, fin)
                                    : binary_frame(part, fin);
                rest.erase(0, size);
                first = false;
                if (fin) break;
            } while (true);
        }
        const std::size_t piece = 1 + below(below(4) == 0 ? 20 : 6000);
        ASSERT_EQ(MessageLog().decode(stream, piece), wslay_events(stream)) << "round " << round;
    }
}

}  // namespace
}  // namespace pinwheel
