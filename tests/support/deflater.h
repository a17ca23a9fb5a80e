#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "require.h"

namespace pinwheel::test {

/// Compresses messages as a server with permessage-deflate does (RFC 7692 section 7.2.1).
class Deflater {
  public:
    explicit Deflater(int window_bits = 15, int level = 6) {
        require(deflateInit2(&zlib_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
                "deflateInit2");
    }
    ~Deflater() { deflateEnd(&zlib_); }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    /// The payload of a message, which may refer to those before.
    [[nodiscard]] std::string message(std::string_view text) {
        std::string out = run(text, Z_SYNC_FLUSH);
        require(out.ends_with(std::string("\0\0\xff\xff", 4)), "no empty block at the end");
        return out.substr(0, out.size() - 4);
    }
    /// The same, ended by a last block, behind which nothing is left of its context.
    [[nodiscard]] std::string last_block(std::string_view text) {
        std::string out = run(text, Z_FINISH);
        deflateReset(&zlib_);
        return out;
    }
    /// Forgets the messages before.
    void forget() { deflateReset(&zlib_); }

  private:
    std::string run(std::string_view text, int flush) {
        std::string out(deflateBound(&zlib_, static_cast<uLong>(text.size())) + 64, '\0');
        zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        zlib_.avail_in = static_cast<uInt>(text.size());
        zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
        zlib_.avail_out = static_cast<uInt>(out.size());
        deflate(&zlib_, flush);
        require(zlib_.avail_in == 0 && zlib_.avail_out > 0, "deflate");
        out.resize(out.size() - zlib_.avail_out);
        return out;
    }

    z_stream zlib_{};
};

}  // namespace pinwheel::test
