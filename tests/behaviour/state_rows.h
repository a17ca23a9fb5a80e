#pragma once

#include <memory>
#include <tuple>

#include "../support/managed.h"

namespace pinwheel::test {

using namespace std::chrono_literals;
using enum ConnectionState;

class StateRows : public ManagedTest {
  protected:
    /// A manager in that state, with the n-th connection up or next to be dialled.
    void reach(ConnectionState state) {
        switch (state) {
            case disconnected:
                make();
                break;
            case connecting:
                make().connect();
                break;
            case connected:
                connect();
                break;
            case reconnecting:
                connect();
                script(0).end();
                turn();
                break;
            case closing:
                connect();
                ws().request_disconnect();
                break;
            case closed:
                make().force_close();
                break;
        }
        ASSERT_EQ(ws().state(), state);
    }
    /// Ends the manager, and clears plans and logs.
    void begin_anew() {
        destroy();
        turn();
        log.clear();
        alerts.clear();
        while (dialer.plans() > dialer.dials()) std::ignore = dialer.dial({}, ignore_);
        while (dialer.plans() < dialer.dials()) dialer.plan();
        base = dialer.dials();
    }
    std::size_t base = 0;

  private:
    struct Ignore final : DialHandler {
        void on_dialed(std::unique_ptr<ByteStream>) override {}
        void on_dial_failed(const Error&) override {}
        void on_dial_warning(const Error&) override {}
    } ignore_;
};

}  // namespace pinwheel::test
