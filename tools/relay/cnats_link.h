#pragma once

#include <memory>
#include <string>

#include "nats_link.h"
#include "relay_options.h"

namespace pinwheel {

/// A NatsLink on libnats. libnats' calls may block (with TLS also those of its event loop), so they run on
/// the link's own thread. libnats' own reconnecting is off, because its buffer would bring stale messages.
/// Threading: one thread. Allocates: in each call.
class CnatsLink final : public NatsLink {
  public:
    /// Throws std::invalid_argument that names the invalid option, and std::system_error if no thread or
    /// descriptor is available.
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
