// S4: not part of a program. Compiles unchanged; with PINWHEEL_COROUTINE_HANDLER or _POSTED it must not
// compile.

#include "../../proto/coroutine.h"
#include "../../proto/pinwheel.h"

namespace {

pinwheel::WebSocketOptions make_options() {
    pinwheel::WebSocketOptions options;
#ifdef PINWHEEL_COROUTINE_HANDLER
    options.on_connect = []() -> pinwheel::Task<void> { co_return; };
#else
    options.on_connect = [] { return 7; };
#endif
    options.on_message = [](const pinwheel::Message&) {};
    options.on_disconnect = nullptr;
    return options;
}

void post_work(pinwheel::Reactor& reactor) {
#ifdef PINWHEEL_COROUTINE_POSTED
    reactor.post([]() -> pinwheel::Task<void> { co_return; });
#endif
    reactor.post([] { return 7; });
}

}  // namespace

int main() {
    pinwheel::Reactor reactor;
    post_work(reactor);
    return make_options().on_connect ? 0 : 1;
}
