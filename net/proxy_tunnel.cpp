#include "proxy_tunnel_impl.h"

#include <array>

#include "turn_bounds.h"

namespace pinwheel::detail {

ProxyTunnel::Status ProxyTunnel::fail(Errc code, const std::string& what) {
    error_ = {code, "the proxy " + proxy_ + " did not make the connection: " + what};
    return Status::failed;
}

ProxyTunnel::Status ProxyTunnel::advance() {
    is_cut_short_ = false;
    for (int reads = 0; reads < turn_bounds::kHandshakeReads; ++reads) {
        while (!handshake_->output().empty()) {
            const IoResult sent = stream_->write_some(handshake_->output());
            if (sent.status == IoStatus::would_block) return Status::in_progress;
            if (sent.status != IoStatus::ok) return fail(sent.error, stream_->details().error_detail());
            handshake_->sent(sent.bytes);
        }
        std::array<std::byte, 1024> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
        const IoResult got = stream_->read_some(bytes);
        if (got.status == IoStatus::would_block) return Status::in_progress;
        if (got.status == IoStatus::eof) return fail(Errc::proxy_failed, "it closed the connection");
        if (got.status == IoStatus::error) return fail(got.error, stream_->details().error_detail());
        const auto status = handshake_->feed(std::span(bytes).first(got.bytes));
        if (status == ProxyHandshake::Status::done) return Status::open;
        if (status == ProxyHandshake::Status::failed)
            return fail(handshake_->error().code, handshake_->error().message());
    }
    is_cut_short_ = true;
    return Status::in_progress;
}

}  // namespace pinwheel::detail
