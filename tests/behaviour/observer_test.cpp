// The material of a log: each step of a session, in order.

#include "../../proto/session/observer.h"

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

struct Journal final : SessionObserver {
    void on_step(const SessionStep& step) noexcept override {
        text += std::string(step.event) + ": " + std::string(to_string(step.before)) + " -> " +
                std::string(to_string(step.after)) + " (" + std::to_string(step.attempt) + ")\n";
        lines += step.text() + "\n";
        times.push_back(step.time);
        system_times.push_back(step.system_time);
    }
    std::string text;
    std::string lines;
    std::vector<TimePoint> times;
    std::vector<SystemTime> system_times;
};

class Observed : public ManagedTest {};

TEST_F(Observed, EachStepIsReportedBeforeItsEffects) {
    Journal journal;
    options.observer = &journal;
    options.ping_interval = WebSocketOptions::Seconds(0);
    options.on_connect = [this, &journal] {
        EXPECT_NE(journal.text.find("transport_up: CONNECTING -> CONNECTED"), std::string::npos);
        ws().kill();
    };
    dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(journal.text,
              "connect: DISCONNECTED -> CONNECTING (0)\ntransport_up: CONNECTING -> CONNECTED (0)\n"
              "kill: CONNECTED -> DISCONNECTED (0)\n"
              "connect_handled: DISCONNECTED -> DISCONNECTED (0)\n");
    EXPECT_NE(journal.lines.find("transport_up -> open, "), std::string::npos) << journal.lines;
    EXPECT_NE(journal.lines.find("notify_disconnected(KILLED)"), std::string::npos) << journal.lines;
    destroy();
    EXPECT_TRUE(journal.text.ends_with("force_close: DISCONNECTED -> CLOSED (0)\n"));
}

TEST_F(Observed, AStepHasItsTimesAndTheNumberOfTries) {
    Journal journal;
    options.observer = &journal;
    plan_failures(2);
    plan(1);
    make().connect();
    turn();
    pass(1s);
    pass(10s);
    EXPECT_NE(journal.text.find("backoff_due: CONNECTING -> CONNECTING (1)"), std::string::npos)
        << journal.text;
    EXPECT_NE(journal.text.find("transport_ended: CONNECTING -> CONNECTING (2)"), std::string::npos)
        << journal.text;
    ASSERT_GE(journal.times.size(), 4U);
    EXPECT_GE(journal.times.back() - journal.times.front(), 1s);
    EXPECT_EQ(journal.system_times.back() - journal.system_times.front(),
              journal.times.back() - journal.times.front());
    destroy();
}

}  // namespace
}  // namespace pinwheel::test
