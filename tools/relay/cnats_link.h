#pragma once

#include <memory>
#include <string>

#include "nats_link.h"
#include "relay_options.h"

namespace pinwheel {

/// A NatsLink on libnats, whose calls may block (with TLS also those of its event loop), and so run on a
/// thread of the link's own. libnats' own reconnecting is off, since its buffer would bring stale messages.
/// Threading: one thread. Allocates: in each call.
class CnatsLink final : public NatsLink {
  public:
    /// Throws std::invalid_argument that names the option that cannot be used, std::system_error if there is
    /// no thread or descriptor.
    explicit CnatsLink(const RelayOptions& options);
    /// Waits for an attempt to connect, for connect_timeout at most.
    ~CnatsLink() override;
    CnatsLink(const CnatsLink&) = delete;
    CnatsLink& operator=(const CnatsLink&) = delete;

    void connect() override;
    void disconnect() noexcept override;
    [[nodiscard]] NatsState state() override;
    [[nodiscard]] std::string why() const override;
    [[nodiscard]] const std::string& inbox() const override;
    NatsResult publish(const NatsPublication& publication) override;
    [[nodiscard]] std::size_t buffered() const override;
    int turn(FunctionRef<void(const NatsAnswer&)> answer) override;
    void wait(Duration most) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel
