#include <pinwheel/pinwheel.h>

#include <cstdio>

int main() {
    pinwheel::Reactor reactor;
    pinwheel::Resolver resolver(reactor);
    const pinwheel::TlsContext tls;
    const auto url = pinwheel::Url::parse("wss://feed.example/stream");
    std::printf("%s %d\n", url->authority().c_str(), tls.verifies());
}
