#include "../../../proto/text/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "../../support/frames.h"

namespace pinwheel {
namespace {

using namespace test;

TEST(Utf8, AgreesWithAPlainDecoderOnAllShortInputs) {
    const auto plain = [](std::string_view text) {
        for (std::size_t i = 0; i < text.size();) {
            const auto b = [&](std::size_t k) {
                return i + k < text.size() ? static_cast<std::uint8_t>(text[i + k]) : 0U;
            };
            const auto tail = [&](std::size_t k, unsigned lo, unsigned hi) {
                return b(k) >= lo && b(k) <= hi;
            };
            const unsigned c = b(0);
            if (c < 0x80)
                i += 1;
            else if (c >= 0xc2 && c <= 0xdf && tail(1, 0x80, 0xbf))
                i += 2;
            else if (c >= 0xe0 && c <= 0xef && tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) &&
                     tail(2, 0x80, 0xbf))
                i += 3;
            else if (c >= 0xf0 && c <= 0xf4 && tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) &&
                     tail(2, 0x80, 0xbf) && tail(3, 0x80, 0xbf))
                i += 4;
            else
                return false;
        }
        return true;
    };
    std::mt19937 random(4);
    const std::string alphabet = "a\x80\xbf\xc0\xc2\xdf\xe0\xa0\x9f\xed\xef\xf0\x90\x8f\xf4\xf5\xff";
    for (int i = 0; i < 300'000; ++i) {
        std::string text;
        for (std::size_t n = random() % 7; n > 0; --n) text += alphabet[random() % alphabet.size()];
        ASSERT_EQ(is_utf8(bytes_of(text)), plain(text));
        // A prefix is possible exactly if some continuation of up to three bytes makes it valid.
        bool possible = plain(text);
        for (const char* tail : {"\x80", "\x80\x80", "\x80\x80\x80", "\xbf", "\xbf\xbf", "\xbf\xbf\xbf",
                                 "\x90\x80\x80", "\xa0\x80"})
            possible = possible || plain(text + tail);
        ASSERT_EQ(!check_utf8_prefix(bytes_of(text)).impossible, possible) << testing::PrintToString(text);
    }
}

TEST(IsAscii, FindsEveryByteThatIsNotAsciiInEverySize) {
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text(size + 2, '\x80');  // the surrounding bytes do not count
        const auto inside = [&] { return bytes_of(text).subspan(1, size); };
        for (std::size_t i = 0; i < size; ++i) text[1 + i] = static_cast<char>(i * 7 % 128);
        EXPECT_TRUE(is_ascii(inside())) << size;
        for (std::size_t at = 1; at <= size; ++at) {
            const char was = std::exchange(text[at], '\x80');
            EXPECT_FALSE(is_ascii(inside())) << at << " of " << size;
            text[at] = was;
        }
    }
}

TEST(CopyAscii, CopiesEverySizeAndFindsEveryByteThatIsNotAscii) {
    for (std::size_t size = 0; size < 150; ++size) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 7 % 128);
        const auto copied = [&] {
            std::string out(size + 2, '\x55');
            const bool is_ascii = copy_ascii(bytes_of(text), reinterpret_cast<std::byte*>(out.data() + 1));
            EXPECT_EQ(out, "\x55" + text + "\x55") << size;
            return is_ascii;
        };
        EXPECT_TRUE(copied()) << size;
        for (std::size_t at = 0; at < size; ++at) {
            const char was = std::exchange(text[at], '\x80');
            EXPECT_FALSE(copied()) << at << " of " << size;
            text[at] = was;
        }
    }
}

}  // namespace
}  // namespace pinwheel
