// What a log can be made of: each step of a session, in order.

#include "../../proto/session/observer.h"

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

struct Journal final : SessionObserver {
    void on_step(const SessionEvent::Any& event, const SessionFsm& after, const SessionEffects& effects,
                 TimePoint) noexcept override {
        text += to_string(event) + " -> " + std::string(to_string(after.connection_state())) + " (" +
                std::to_string(effects.size()) + ")\n";
    }
    std::string text;
};

class Observed : public ManagedTest {};

TEST_F(Observed, EachStepIsToldBeforeItsEffectsAreDone) {
    Journal journal;
    options.observer = &journal;
    options.ping_interval = WebSocketOptions::Seconds(0);
    options.on_connect = [this, &journal] {
        EXPECT_NE(journal.text.find("transport_up -> CONNECTED"), std::string::npos);
        ws().kill();
    };
    dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(journal.text,
              "connect -> CONNECTING (1)\ntransport_up -> CONNECTED (3)\nkill -> DISCONNECTED (3)\n");
    destroy();
    EXPECT_TRUE(journal.text.ends_with("force_close -> CLOSED (1)\n"));
}

}  // namespace
}  // namespace pinwheel::test
