#pragma once

// What is said between a client and a proxy before bytes of the connection flow. Pure. Not installed.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "dialer.h"
#include "proxy.h"

namespace pinwheel::detail {

/// One side of the talk. Bounds: an answer has at most HttpHead::kMaxSize bytes. Threading: one thread.
class ProxyHandshake {
  public:
    enum class Status { need_more, done, failed };

    virtual ~ProxyHandshake();
    ProxyHandshake() = default;
    ProxyHandshake(const ProxyHandshake&) = delete;
    ProxyHandshake& operator=(const ProxyHandshake&) = delete;

    /// What is to be sent now, and has not been; empty while the proxy's answer is awaited.
    [[nodiscard]] std::span<const std::byte> output() const noexcept {
        return std::as_bytes(std::span(output_));
    }
    /// So many bytes of output() have left. They are wiped: a password may be among them.
    void sent(std::size_t bytes) noexcept;

    /// Takes what the proxy sent. `done` also means that nothing followed its answer: the client speaks
    /// first, so bytes behind the answer are nobody's.
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

/// Asks `proxy` for `target`. The error: a target that the proxy's protocol cannot name.
[[nodiscard]] Result<std::unique_ptr<ProxyHandshake>> ask(const Proxy& proxy, const DialTarget& target);

}  // namespace pinwheel::detail
