#include "cnats_link.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "../../core/random.h"
#include "nats_worker.h"

namespace pinwheel {

struct CnatsLink::Impl {
    explicit Impl(const RelayOptions& options) : worker(options) {}

    NatsWorker worker;
    SecureRandom random;
    std::uint64_t number = 0;  // of the connection
    std::string inbox;
    std::string why;  // the failure on this side
};

CnatsLink::CnatsLink(const RelayOptions& options) : impl_(std::make_unique<Impl>(options)) {}

CnatsLink::~CnatsLink() = default;

void CnatsLink::connect() {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%08x%08x", impl_->random.next_u32(), impl_->random.next_u32());
    impl_->inbox = std::string("_INBOX.") + name.data();
    NatsWorker& worker = impl_->worker;
    const std::lock_guard lock(worker.mutex);
    worker.inbox = impl_->inbox;
    worker.wanted = ++impl_->number;
    worker.state = NatsState::connecting;
    worker.wake();
}

void CnatsLink::disconnect() noexcept {
    NatsWorker& worker = impl_->worker;
    const std::lock_guard lock(worker.mutex);
    worker.give_up({});
    worker.wake();
}

NatsState CnatsLink::state() {
    const std::lock_guard lock(impl_->worker.mutex);
    return impl_->worker.state;
}

std::string CnatsLink::why() const {
    const std::lock_guard lock(impl_->worker.mutex);
    return impl_->worker.state == NatsState::down ? impl_->worker.why : impl_->why;
}

const std::string& CnatsLink::inbox() const {
    return impl_->inbox;
}

NatsResult CnatsLink::publish(const NatsPublication& publication) {
    NatsWorker& worker = impl_->worker;
    natsMsg* made = nullptr;
    natsStatus status = natsMsg_Create(
        &made, publication.subject.c_str(), publication.reply.empty() ? nullptr : publication.reply.c_str(),
        publication.payload.data(), static_cast<int>(publication.payload.size()));
    NatsPtr<natsMsg> message(made);
    for (const auto& header : publication.headers)
        if (status == NATS_OK) status = natsMsgHeader_Set(made, header.name, header.value.c_str());
    if (status != NATS_OK) {
        impl_->why = nats_error(worker.settings, status);
        return NatsResult::failed;
    }
    static constexpr std::size_t kHeaders = 256;  // their typical size
    const std::lock_guard lock(worker.mutex);
    if (worker.state != NatsState::up) return NatsResult::ok;  // state() will report it
    if (static_cast<std::int64_t>(publication.payload.size() + kHeaders) > worker.max_payload)
        return NatsResult::too_large;
    worker.outbox.push_back(std::move(message));
    worker.outbox_bytes += publication.payload.size() + kHeaders;
    worker.wake();
    return NatsResult::ok;
}

std::size_t CnatsLink::buffered() const {
    const std::lock_guard lock(impl_->worker.mutex);
    return impl_->worker.in_socket + impl_->worker.outbox_bytes;
}

int CnatsLink::turn(FunctionRef<void(const NatsAnswer&)> answer) {
    std::vector<NatsPtr<natsMsg>> batch;
    const std::uint64_t number = impl_->number;
    {
        const std::lock_guard lock(impl_->worker.mutex);
        batch.swap(impl_->worker.answers);
    }
    int count = 0;
    for (const auto& message : batch) {
        ++count;
        if (!message) {
            answer({});
        } else {
            const std::string_view subject = natsMsg_GetSubject(message.get());
            answer({.topic = subject.substr(std::min(subject.size(), impl_->inbox.size() + 1)),
                    .payload = {natsMsg_GetData(message.get()),
                                static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))}});
        }
        if (state() != NatsState::up || number != impl_->number) break;  // an answer has ended the connection
    }
    return count;
}

void CnatsLink::wait(Duration most) {
    NatsWorker& worker = impl_->worker;
    std::unique_lock lock(worker.mutex);
    const NatsState before = worker.state;
    worker.news.wait_for(lock, most, [&] { return !worker.answers.empty() || worker.state != before; });
}

}  // namespace pinwheel
