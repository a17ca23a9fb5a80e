#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "../../../core/message_queue.h"
#include "socket_life.h"

namespace {

struct AllocationPlan {
    bool armed = false;
    int nth = 1;  // the first is 1
    int seen = 0;
    [[nodiscard]] bool fired() const noexcept { return seen >= nth; }
};
AllocationPlan plan;
long living = 0;

void* allocate(std::size_t size) noexcept {
    if (plan.armed && ++plan.seen == plan.nth) return nullptr;
    void* const made = std::malloc(size > 0 ? size : 1);
    if (made != nullptr) ++living;
    return made;
}
void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
    if (plan.armed && ++plan.seen == plan.nth) return nullptr;
    void* const made = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (made != nullptr) ++living;
    return made;
}
void* require(void* made) {
    if (made == nullptr) throw std::bad_alloc();
    return made;
}
void give_back(void* gone) noexcept {
    if (gone != nullptr) --living;
    std::free(gone);
}

}  // namespace

// The n-th allocation of this program fails while the plan is armed.
void* operator new(std::size_t size) {
    return require(allocate(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return require(allocate_aligned(size, static_cast<std::size_t>(alignment)));
}
void operator delete(void* gone) noexcept {
    give_back(gone);
}
void operator delete(void* gone, std::size_t) noexcept {
    give_back(gone);
}
void operator delete(void* gone, const std::nothrow_t&) noexcept {
    give_back(gone);
}
void operator delete(void* gone, std::align_val_t) noexcept {
    give_back(gone);
}
void operator delete(void* gone, std::size_t, std::align_val_t) noexcept {
    give_back(gone);
}

namespace pinwheel::test {
namespace {

/// Repeats the construction and destruction of an object until no allocation fails. Each failure is an
/// exception that names it, and nothing is leaked.
template <class Make>
void expect_clean_construction(Make make) {
    make();  // initialises objects that live for the whole process
    bool fired = true;
    for (int nth = 1; fired; ++nth) {
        SCOPED_TRACE(nth);
        const long before = living;
        const auto descriptors = open_descriptors();
        bool threw = false;
        plan = {.armed = true, .nth = nth};
        try {
            make();
        } catch (const std::bad_alloc&) {
            threw = true;
        } catch (const std::system_error&) {
            threw = true;
        }
        plan.armed = false;
        fired = plan.fired();
        EXPECT_EQ(threw, fired);
        EXPECT_EQ(living, before);
        EXPECT_EQ(open_descriptors(), descriptors);
    }
}

TEST(AllocationFaults, OfConstructionAreExceptions) {
    const TemporaryIdentity identity;
    const std::string ca_file = identity.authority_file();
    Reactor reactor;
    Resolver resolver(reactor);
    SocketDialer dialer(reactor, resolver, nullptr);
    LifeLog log;
    CallbackSink sink(CallbackSink::Callback::member<&LifeLog::on_message>(log));
    expect_clean_construction([] { const Reactor made; });
    expect_clean_construction([&] { const Resolver made(reactor); });
    expect_clean_construction([&] { const TlsContext made({.ca_file = ca_file}); });
    expect_clean_construction([&] { const SocketDialer made(reactor, resolver, nullptr); });
    expect_clean_construction([&] { const Connection made(reactor, dialer, {}, log, sink); });
    expect_clean_construction([] { const MessageQueue made; });
}

/// Over a complete life: an exception of start() or of a turn, or a reported error. Exactly one end, or none
/// if start() threw. Sends may be refused.
TEST(AllocationFaults, OfAConnectionsLifeEndItOnceOrHaveNoEffect) {
    FaultsServer server;
    for (const bool with_tls : {false, true}) {
        int runs = 0;
        for (bool fired = true; fired && !HasFailure(); ++runs) {
            SCOPED_TRACE((with_tls ? "TLS, allocation " : "plain, allocation ") + std::to_string(runs + 1));
            const auto descriptors = open_descriptors();
            LifeLog log;
            plan = {.nth = runs + 1};
            const auto thrown = live(
                server, with_tls, true, log,
                [](const auto& step) {
                    plan.armed = true;
                    step();
                    plan.armed = false;
                },
                true);
            fired = plan.fired();
            server.settle();
            EXPECT_EQ(open_descriptors(), descriptors);
            EXPECT_NE(thrown, "it hangs");
            EXPECT_EQ(log.ends, thrown.empty() ? 1 : 0);
            EXPECT_TRUE(fired || log.succeeded()) << log.error_text();
        }
        EXPECT_GT(runs, 20);
    }
}

}  // namespace
}  // namespace pinwheel::test
