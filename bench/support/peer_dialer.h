#pragma once

#include <memory>

#include "../../net/dialer.h"
#include "../../net/reactor.h"
#include "cost_peers.h"

namespace pinwheel::bench {

/// Connects to a peer in this process.
class PeerDialer final : public Dialer {
  public:
    PeerDialer(Reactor& reactor, Peer& peer) : reactor_(reactor), peer_(peer) {}
    std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<PeerDial>(*this, handler);
    }

  private:
    struct PeerDial final : Dial {
        PeerDial(PeerDialer& its_dialer, DialHandler& its_handler)
            : dialer(its_dialer), handler(its_handler) {
            dialer.reactor_.schedule(timer, dialer.reactor_.now());
        }
        void answer(TimePoint) { handler.on_dialed(dialer.peer_.connect()); }
        PeerDialer& dialer;
        DialHandler& handler;
        Timer timer{Timer::Callback::member<&PeerDial::answer>(*this)};
    };
    Reactor& reactor_;
    Peer& peer_;
};

}  // namespace pinwheel::bench
