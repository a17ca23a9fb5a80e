// S4: not part of a program. Compiles as it is; with PINWHEEL_COROUTINE_HANDLER it must not.

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

}  // namespace

int main() {
    return make_options().on_connect ? 0 : 1;
}
