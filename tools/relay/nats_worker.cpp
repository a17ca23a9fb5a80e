#include "nats_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

namespace pinwheel {
namespace {

constexpr int kIdle = 1000;  // ms; the longest delay until a closed connection is detected

UniqueFd make_event() {
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd) throw std::system_error(errno, std::generic_category(), "eventfd");
    return fd;
}

}  // namespace

natsStatus NatsSocket::attach_to(natsOptions* options) {
    return natsOptions_SetEventLoop(options, this, &attach, &watch_read, &watch_write, &detach);
}

natsStatus NatsSocket::attach(void** user, void* loop, natsConnection*, natsSock socket) {
    *user = loop;
    auto& self = *static_cast<NatsSocket*>(loop);
    const std::lock_guard lock(self.mutex_);
    self.copy_ = UniqueFd(::fcntl(static_cast<int>(socket), F_DUPFD_CLOEXEC, 0));
    if (!self.copy_) return NATS_SYS_ERROR;
    self.fd_ = self.copy_.get();
    return NATS_OK;
}

natsStatus NatsSocket::watch_read(void*, bool) {
    return NATS_OK;
}

natsStatus NatsSocket::watch_write(void* user, bool add) {
    static_cast<NatsSocket*>(user)->wants_write_ = add;
    return NATS_OK;
}

natsStatus NatsSocket::detach(void* user) {
    static_cast<NatsSocket*>(user)->shut_down();
    return NATS_OK;
}

void NatsSocket::shut_down() noexcept {
    const std::lock_guard lock(mutex_);
    if (copy_) ::shutdown(copy_.get(), SHUT_RDWR);
}

void NatsSocket::close() noexcept {
    const std::lock_guard lock(mutex_);
    fd_ = -1;
    wants_write_ = false;
    copy_.reset();
}

NatsWorker::NatsWorker(const RelayOptions& options)
    : settings(options), options_(make_nats_options(settings)), wake_up_(make_event()) {
    const natsStatus status = socket.attach_to(options_.get());
    if (status != NATS_OK) throw std::invalid_argument(nats_error(settings, status));
    thread_ = std::thread([this] { run(); });
}

NatsWorker::~NatsWorker() {
    {
        const std::lock_guard lock(mutex);
        stopping_ = true;
        give_up({});
        asleep_ = true;
        wake();
    }
    thread_.join();
}

void NatsWorker::wake() noexcept {
    const std::uint64_t one = 1;
    if (std::exchange(asleep_, false)) std::ignore = ::write(wake_up_.get(), &one, sizeof one);
}

void NatsWorker::give_up(std::string reason) noexcept {
    wanted = 0;
    state = NatsState::down;
    why = std::move(reason);
    outbox.clear();
    outbox_bytes = 0;
    answers.clear();
    socket.shut_down();
}

void NatsWorker::run() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    for (;;) {
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex);
            if (stopping_) break;
            number = wanted;
        }
        try {
            if (number != current_) {
                close();
                current_ = number;
                if (number != 0) open(number);
            } else if (!step()) {
                sleep();
            }
        } catch (const std::exception& error) {  // no memory
            fail(current_, error.what());
        }
    }
    close();
}

void NatsWorker::open(std::uint64_t number) {
    std::string subject;
    {
        const std::lock_guard lock(mutex);
        subject = inbox + ".*";
    }
    natsConnection* made = nullptr;
    natsSubscription* subscribed = nullptr;
    natsStatus status = natsConnection_Connect(&made, options_.get());
    connection_.reset(made);
    if (status == NATS_OK) status = natsConnection_SubscribeSync(&subscribed, made, subject.c_str());
    subscription_.reset(subscribed);
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscribed, -1, -1);
    if (status != NATS_OK) return fail(number, nats_error(settings, status));
    const std::lock_guard lock(mutex);
    if (wanted != number) return;
    max_payload = natsConnection_GetMaxPayload(made);
    state = NatsState::up;
    news.notify_one();
}

void NatsWorker::close() noexcept {
    subscription_.reset();
    connection_.reset();
    socket.close();
    in_socket = 0;
}

void NatsWorker::fail(std::uint64_t number, const std::string& reason) {
    const std::lock_guard lock(mutex);
    if (wanted != number || number == 0) return;
    give_up(reason);
    news.notify_one();
}

bool NatsWorker::step() {
    if (!connection_) return false;
    natsConnection* const connection = connection_.get();
    if (natsConnection_IsClosed(connection)) {
        const char* text = nullptr;
        const natsStatus status = natsConnection_GetLastError(connection, &text);
        fail(current_, shown_url(settings.url) + ": the connection ended: " +
                           (text != nullptr && *text != '\0' ? text : natsStatus_GetText(status)));
        return true;
    }
    const std::size_t before = in_socket;
    if (const natsStatus status = publish_outbox(); status != NATS_OK) {
        fail(current_, nats_error(settings, status));
        return true;
    }
    bool has_worked = in_socket != before;
    pollfd ready{.fd = socket.fd(), .events = POLLIN | POLLOUT, .revents = 0};
    std::ignore = ::poll(&ready, 1, 0);
    // Only when ready: with TLS libnats waits inside for the rest of a record.
    if (socket.wants_write() && (ready.revents & POLLOUT) != 0) {
        natsConnection_ProcessWriteEvent(connection);
        has_worked = true;
    }
    if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        natsConnection_ProcessReadEvent(connection);
        has_worked = true;
    }
    in_socket = static_cast<std::size_t>(std::max(0, natsConnection_Buffered(connection)));
    return take_answers() > 0 || has_worked;
}

natsStatus NatsWorker::publish_outbox() {
    std::vector<NatsPtr<natsMsg>> batch;
    {
        const std::lock_guard lock(mutex);
        if (wanted != current_) return NATS_OK;
        batch.swap(outbox);
        in_socket += std::exchange(outbox_bytes, 0);
    }
    for (const auto& message : batch) {
        const natsStatus status = natsConnection_PublishMsg(connection_.get(), message.get());
        if (status != NATS_OK) return status;
    }
    return NATS_OK;
}

int NatsWorker::take_answers() {
    std::vector<NatsPtr<natsMsg>> batch;
    for (;;) {
        natsMsg* next = nullptr;
        const natsStatus status = natsSubscription_NextMsg(&next, subscription_.get(), 0);
        if (status != NATS_OK && status != NATS_NO_RESPONDERS) break;
        batch.emplace_back(next);
    }
    if (batch.empty()) return 0;
    const int count = static_cast<int>(batch.size());
    const std::lock_guard lock(mutex);
    if (wanted != current_) return count;
    if (answers.empty())
        answers.swap(batch);
    else
        for (auto& answer : batch) answers.push_back(std::move(answer));
    news.notify_one();
    return count;
}

void NatsWorker::sleep() {
    {
        const std::lock_guard lock(mutex);
        if (stopping_ || wanted != current_ || !outbox.empty()) return;
        asleep_ = true;
    }
    std::array<pollfd, 2> sources{{{.fd = wake_up_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = connection_ ? socket.fd() : -1, .events = POLLIN, .revents = 0}}};
    if (socket.wants_write()) sources[1].events |= POLLOUT;
    std::ignore = ::poll(sources.data(), sources.size(), kIdle);
    std::uint64_t count = 0;
    std::ignore = ::read(wake_up_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex);
    asleep_ = false;
}

}  // namespace pinwheel
