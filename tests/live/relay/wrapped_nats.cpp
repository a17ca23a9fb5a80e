#include "wrapped_nats.h"

#include <utility>

namespace pinwheel::test {

NatsCallPlan nats_call_plan;

void NatsCallPlan::arm(std::string name, int nth, natsStatus status, int count) {
    const std::lock_guard lock(mutex_);
    name_ = std::move(name);
    nth_ = nth;
    status_ = status;
    count_ = count;
    seen_ = 0;
    fired_ = false;
}

natsStatus NatsCallPlan::see(const char* name) {
    const std::lock_guard lock(mutex_);
    if (name_ != name || ++seen_ < nth_ || seen_ >= nth_ + count_) return NATS_OK;
    fired_ = true;
    return status_;
}

}  // namespace pinwheel::test

using pinwheel::test::nats_call_plan;

// NOLINTBEGIN(bugprone-reserved-identifier,bugprone-macro-parentheses): the linker's --wrap makes these names
#define WRAP(name, parameters, arguments)                            \
    extern "C" natsStatus __real_##name parameters;                  \
    extern "C" natsStatus __wrap_##name parameters;                  \
    extern "C" natsStatus __wrap_##name parameters {                 \
        const natsStatus status = nats_call_plan.see(#name);         \
        return status != NATS_OK ? status : __real_##name arguments; \
    }

WRAP(natsOptions_Create, (natsOptions * *a), (a))
WRAP(natsOptions_SetURL, (natsOptions * a, const char* b), (a, b))
WRAP(natsOptions_SetName, (natsOptions * a, const char* b), (a, b))
WRAP(natsOptions_SetTimeout, (natsOptions * a, int64_t b), (a, b))
WRAP(natsOptions_SetAllowReconnect, (natsOptions * a, bool b), (a, b))
WRAP(natsOptions_SetSendAsap, (natsOptions * a, bool b), (a, b))
WRAP(natsOptions_SetSecure, (natsOptions * a, bool b), (a, b))
WRAP(natsOptions_SetExpectedHostname, (natsOptions * a, const char* b), (a, b))
WRAP(natsOptions_SetToken, (natsOptions * a, const char* b), (a, b))
WRAP(natsOptions_SetUserInfo, (natsOptions * a, const char* b, const char* c), (a, b, c))
WRAP(natsOptions_SetEventLoop,
     (natsOptions * a, void* b, natsEvLoop_Attach c, natsEvLoop_ReadAddRemove d, natsEvLoop_WriteAddRemove e,
      natsEvLoop_Detach f),
     (a, b, c, d, e, f))
WRAP(natsConnection_Connect, (natsConnection * *a, natsOptions* b), (a, b))
WRAP(natsConnection_SubscribeSync, (natsSubscription * *a, natsConnection* b, const char* c), (a, b, c))
WRAP(natsConnection_FlushTimeout, (natsConnection * a, int64_t b), (a, b))
WRAP(natsConnection_PublishMsg, (natsConnection * a, natsMsg* b), (a, b))
WRAP(natsConnection_JetStream, (jsCtx * *a, natsConnection* b, jsOptions* c), (a, b, c))
WRAP(natsSubscription_SetPendingLimits, (natsSubscription * a, int b, int c), (a, b, c))
WRAP(natsSubscription_NextMsg, (natsMsg * *a, natsSubscription* b, int64_t c), (a, b, c))
WRAP(natsMsg_Create, (natsMsg * *a, const char* b, const char* c, const char* d, int e), (a, b, c, d, e))
WRAP(natsMsgHeader_Set, (natsMsg * a, const char* b, const char* c), (a, b, c))
WRAP(natsMsg_GetMetaData, (jsMsgMetaData * *a, natsMsg* b), (a, b))
WRAP(natsInbox_Create, (natsInbox * *a), (a))
WRAP(js_StreamNames, (jsStreamNamesList * *a, jsCtx* b, jsOptions* c, jsErrCode* d), (a, b, c, d))
WRAP(js_GetStreamInfo, (jsStreamInfo * *a, jsCtx* b, const char* c, jsOptions* d, jsErrCode* e),
     (a, b, c, d, e))
WRAP(js_AddConsumer,
     (jsConsumerInfo * *a, jsCtx* b, const char* c, jsConsumerConfig* d, jsOptions* e, jsErrCode* f),
     (a, b, c, d, e, f))

#undef WRAP
// NOLINTEND(bugprone-reserved-identifier,bugprone-macro-parentheses)
