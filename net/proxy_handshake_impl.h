#pragma once

// The handshake between a client and a proxy, before the tunnel is open. Pure. Not installed.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "dialer.h"
#include "proxy.h"

namespace pinwheel::detail {

/// The client's side of the handshake. Bounds: an answer has at most HttpHead::kMaxSize bytes. Threading: one
/// thread.
class ProxyHandshake {
  public:
    enum class Status { need_more, done, failed };

    virtual ~ProxyHandshake();
    ProxyHandshake() = default;
    ProxyHandshake(const ProxyHandshake&) = delete;
    ProxyHandshake& operator=(const ProxyHandshake&) = delete;

    /// The bytes to send that have not been sent; empty while the proxy's answer is awaited.
    [[nodiscard]] std::span<const std::byte> output() const noexcept {
        return std::as_bytes(std::span(output_));
    }
    /// The first `count` bytes of output() were sent. They are wiped, because they may hold a password.
    void sent(std::size_t bytes) noexcept;

    /// Takes bytes of the proxy. `done` also means that nothing followed its answer: the client speaks first,
    /// so bytes behind the answer have no valid sender.
    [[nodiscard]] Status feed(std::span<const std::byte> bytes);
    /// After `failed`.
    [[nodiscard]] const Error& error() const noexcept { return error_; }

  protected:
    [[nodiscard]] virtual Status take(std::span<const std::byte> bytes, std::size_t& consumed) = 0;
    void send(const std::string& bytes) { output_ += bytes; }
    [[nodiscard]] Status fail(Errc code, std::string what);

  private:
    std::string output_;
    Error error_;
};

/// Starts a handshake that asks `proxy` for `target`. The error: the proxy's protocol cannot name the target.
[[nodiscard]] Result<std::unique_ptr<ProxyHandshake>> ask(const Proxy& proxy, const DialTarget& target);

}  // namespace pinwheel::detail
