#pragma once

#include <array>
#include <functional>
#include <string>
#include <utility>

#include "../support/managed.h"

namespace pinwheel::test {

using namespace std::chrono_literals;

/// A handler, and the events that lead to its call. After the scene a connection is up, or comes up within
/// seconds.
struct Scene {
    const char* name;
    std::function<void(WebSocketOptions&, std::function<void()>)> hook;
    std::function<void(class Handlers&)> play;

    friend void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.name; }
};

class Handlers : public ManagedTest {
  public:
    using ManagedTest::clock;
    using ManagedTest::options;
    using ManagedTest::pass;
    using ManagedTest::script;
    using ManagedTest::turn;
    using ManagedTest::ws;

  protected:
    /// Hooks `action` into the scene's handler, once, in addition to the handler's own action.
    void prepare(const Scene& scene, std::function<void()> action) {
        options.reconnect_delay = 1s;
        plan(5);
        scene.hook(options, [this, action = std::move(action)] {
            if (std::exchange(done, true)) return;
            action();
        });
        make().connect();
        turn();
    }
    bool done = false;
};

template <class Handler, class... Args>
void chain(std::function<Handler>& handler, std::function<void()> action) {
    handler = [before = handler, action = std::move(action)](const auto&... args) {
        if (before) before(args...);
        action();
    };
}

inline const std::array kScenes{
    Scene{"OnConnect", [](auto& options, auto action) { chain(options.on_connect, action); },
          [](Handlers&) {}},
    Scene{"OnMessage", [](auto& options, auto action) { chain(options.on_message, action); },
          [](Handlers& test) {
              test.script(0).bytes(text_frame("one") + text_frame("two"));
              test.turn();
          }},
    Scene{"OnMessageBesideTheRing",
          [](auto& options, auto action) {
              options.deliver_to_ring = true;
              chain(options.on_message, action);
          },
          [](Handlers& test) {
              test.script(0).bytes(text_frame("one") + text_frame("two"));
              test.turn();
          }},
    Scene{"OnDisconnect", [](auto& options, auto action) { chain(options.on_disconnect, action); },
          [](Handlers& test) {
              test.script(0).end();
              test.turn();
          }},
    Scene{"OnDisconnectByACloseFrame",
          [](auto& options, auto action) { chain(options.on_disconnect, action); },
          [](Handlers& test) {
              test.script(0).bytes(text_frame("last") + close_frame(1001));
              test.turn();
          }},
    Scene{"OnDisconnectOutsideOfATurn",
          [](auto& options, auto action) { chain(options.on_disconnect, action); },
          [](Handlers& test) { test.ws().kill(); }},
    Scene{"OnDisconnectAlert", [](auto& options, auto action) { chain(options.on_disconnect_alert, action); },
          [](Handlers& test) {
              test.script(0).end();
              test.turn();
          }},
    Scene{"OnAlert",
          [](auto& options, auto action) {
              options.queue_size = 1;
              chain(options.on_alert, action);
          },
          [](Handlers& test) {
              test.script(0).bytes(text_frame("one") + text_frame("two"));
              test.turn();
          }},
    Scene{"OnAlertOutsideOfATurn", [](auto& options, auto action) { chain(options.on_alert, action); },
          [](Handlers& test) { test.ws().connect(); }},
    Scene{"ShouldDisconnect",
          [](auto& options, auto action) {
              options.should_disconnect = [action] {
                  action();
                  return false;
              };
          },
          [](Handlers& test) { test.pass(11s); }},
    Scene{"ShouldReconnect",
          [](auto& options, auto action) {
              options.should_reconnect = [action] {
                  action();
                  return WindowAnswer(true);
              };
          },
          [](Handlers& test) {
              test.ws().request_disconnect();
              test.script(0).bytes(close_frame(1000));
              test.turn();
          }},
};

class InEachHandler : public Handlers, public testing::WithParamInterface<Scene> {
  public:
    static std::string name_of(const testing::TestParamInfo<Scene>& of) { return of.param.name; }
};

}  // namespace pinwheel::test
