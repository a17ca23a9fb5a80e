// Section 8 of the behaviour: conditions that a person should see.

#include <stdexcept>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Alerts : public ManagedTest {
  protected:
    Alerts() {
        options.on_disconnect_alert = [this](DisconnectReason reason, std::uint64_t count) {
            note(std::string(to_string(reason)) + " " + std::to_string(count));
        };
        options.on_connect = {};
        options.on_disconnect = {};
        options.reconnect_strategy = ReconnectStrategy::immediate;
        options.max_reconnect_attempts = 100;
        options.ping_interval = 0s;
    }
    void lose(int times) {
        for (int i = 0; i < times; ++i) {
            dialer.plan();
            script(dialer.dials() - 1).end();
            turn(4);
            ASSERT_TRUE(ws().is_connected());
        }
    }
};

TEST_F(Alerts, TheFirstDisconnectFiresWithCountOne) {
    connect();
    lose(1);
    EXPECT_EQ(log, "NETWORK_ERROR 1;");
}

TEST_F(Alerts, TheFirstAfterTheIntervalReportsThoseWithinIt) {
    connect();
    lose(3);
    EXPECT_EQ(log, "NETWORK_ERROR 1;");
    pass(301s);
    ws().kill();
    EXPECT_EQ(log, "NETWORK_ERROR 1;KILLED 3;");
}

TEST_F(Alerts, TheIntervalIsAnOption) {
    options.disconnect_alert_interval = 10s;
    connect();
    lose(1);
    pass(9s);
    lose(1);
    EXPECT_EQ(log, "NETWORK_ERROR 1;");
    pass(2s);
    lose(1);
    EXPECT_EQ(log, "NETWORK_ERROR 1;NETWORK_ERROR 2;");
}

TEST_F(Alerts, ProactiveDisconnectsCountToo) {
    connect();
    ws().force_close();
    EXPECT_EQ(log, "USER_REQUESTED 1;");
}

TEST_F(Alerts, EachAlertHasTheChannelAMessageAndItsContext) {
    std::vector<std::string> fields;
    options.on_alert = [&](std::string_view channel, std::string_view message, AlertContext context) {
        EXPECT_EQ(channel, "websocket");
        EXPECT_TRUE(message.starts_with("cannot connect to ws://feed.example/stream (1 attempt)")) << message;
        for (const auto& field : context) fields.push_back(std::string(field.name) + "=" + field.value);
    };
    plan_failures(1, Errc::tls_certificate);
    make("ws://feed.example/stream?apikey=1234").connect();
    turn();
    EXPECT_EQ(fields, (std::vector<std::string>{"url=ws://feed.example/stream", "attempts=1"}));
}

TEST_F(Alerts, WithoutHandlersNothingFails) {
    options.on_alert = {};
    options.on_disconnect_alert = {};
    connect();
    ws().connect();
    lose(2);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Alerts, AnUnverifiedCertificateIsAlertedAtEachConnectThoughOnConnectThrows) {
    options.on_connect = [] { throw std::out_of_range("on_connect"); };
    dialer.plan();
    make("wss://feed.example/").connect();
    EXPECT_THROW(turn(), std::out_of_range);
    EXPECT_EQ(last_alert(),
              "alert websocket: the server's certificate was not verified: anyone on the way "
              "can read and change everything");
}

/// Warns, and is then asked to continue.
class WarningDialer final : public Dialer {
  public:
    explicit WarningDialer(Reactor& reactor) : reactor_(reactor) {}
    std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        return std::make_unique<Warned>(reactor_, handler);
    }

  private:
    struct Warned final : Dial {
        Warned(Reactor& reactor, DialHandler& its_handler) : handler(its_handler) {
            reactor.schedule(timer, reactor.now());
        }
        void warn(TimePoint) {
            handler.on_dial_warning({Errc::io_failure, "TCP_NODELAY was refused"});
            handler.on_dial_failed({Errc::connection_refused, "nobody there"});
        }
        DialHandler& handler;
        Timer timer{Timer::Callback::member<&Warned::warn>(*this)};
    };
    Reactor& reactor_;
};

TEST_F(Alerts, ARefusedOptionalSettingOfADialIsAlerted) {
    options.reconnect_strategy = ReconnectStrategy::fixed_delay;
    WarningDialer warning(reactor);
    options.dialer = &warning;
    make().connect();
    turn();
    EXPECT_EQ(alerts, std::vector<std::string>{"alert websocket: TCP_NODELAY was refused"});
    destroy();
}

TEST_F(Alerts, AHandlerMayEndTheAttemptInTheMiddleOfItsDial) {
    WarningDialer warning(reactor);
    options.dialer = &warning;
    for (const int call : {0, 1, 2}) {
        options.on_alert = [this, call](auto, auto, auto) {
            if (call == 0) destroy();
            if (call == 1) ws().kill();
            if (call == 2) {
                ws().close();
                options.on_alert = {};
            }
        };
        make().connect();
        turn();
        if (call == 0) continue;
        EXPECT_EQ(ws().state(), ConnectionState::disconnected);
        EXPECT_FALSE(ws().last_error().failed()) << "the dropped attempt was heard of";
    }
    destroy();
}

}  // namespace
}  // namespace pinwheel::test
