#include "metrics_server.h"

#include <array>
#include <csignal>
#include <new>

#include "../../../core/bytes.h"
#include "../commands/client.h"

namespace pinwheel::tool {
namespace {

constexpr std::size_t kLargestRequest = 8192;
constexpr std::size_t kMostVisits = 16;
constexpr int kBacklog = 16;
constexpr Duration kPatience = std::chrono::seconds{5};  // the time limit of a slow visitor

std::string answer(std::string_view status, std::string_view type, const std::string& body, bool with_body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           (with_body ? body : "");
}

/// A thread with all signals blocked.
template <class Work>
std::thread start_without_signals(Work work) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

std::string answer_metrics_request(std::string_view head, const MetricsServer::Collect& collect) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' ');
    const auto second = line.rfind(' ');
    if (first == std::string_view::npos || second == first || !line.substr(second + 1).starts_with("HTTP/1."))
        return answer("400 Bad Request", "text/plain", "this is HTTP/1.1\n", true);
    const auto method = line.substr(0, first);
    if (method != "GET" && method != "HEAD")
        return answer("405 Method Not Allowed", "text/plain", "only GET\n", true);
    auto path = line.substr(first + 1, second - first - 1);
    path = path.substr(0, path.find('?'));
    if (path != "/metrics") return answer("404 Not Found", "text/plain", "see /metrics\n", method == "GET");
    return answer("200 OK", "text/plain; version=0.0.4; charset=utf-8", collect(), method == "GET");
}

/// One connection, from its request to the end of the answer.
class MetricsServer::Visit {
  public:
    Visit(MetricsServer& server, UniqueFd socket) : server_(server), stream_(std::move(socket)) {
        if (server.reactor_.watch(watch_, stream_.fd(), {.read = true}) != Errc::ok) failed_ = true;
        server.reactor_.schedule_after(patience_, kPatience);
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

  private:
    int on_ready(Interest, TimePoint) {
        bool over = true;  // also if an allocation fails: that ends this visit only
        try {
            over = step();
        } catch (const std::bad_alloc&) {
        }
        if (over) server_.forget(*this);
        return 1;
    }
    void on_patience(TimePoint) { server_.forget(*this); }

    /// True when it is over.
    [[nodiscard]] bool step() {
        std::array<std::byte, 2048> bytes;
        const IoResult got = stream_.read_some(bytes);  // one read a turn, for the other visitors
        const bool ended = got.status != IoStatus::ok && got.status != IoStatus::would_block;
        if (!answered_) {
            request_.append(reinterpret_cast<const char*>(bytes.data()), got.bytes);
            const auto end = request_.find("\r\n\r\n");
            if (end == std::string::npos) return ended || request_.size() > kLargestRequest;
            const std::string text = answer_metrics_request(request_.substr(0, end + 2), server_.collect_);
            answered_ = true;
            if (!answer_.append(bytes_of(text))) return true;
        } else if (ended) {
            return true;
        }
        switch (answer_.flush(stream_).status) {
            case IoStatus::ok:
                stream_.shutdown_write();
                server_.reactor_.change(watch_, {.read = true});  // until the visitor has the complete answer
                return ended;
            case IoStatus::would_block:
                server_.reactor_.change(watch_, {.read = true, .write = true});
                return false;
            case IoStatus::eof:
            case IoStatus::error:
                break;
        }
        return true;
    }

    MetricsServer& server_;
    TcpStream stream_;
    std::string request_;
    TxBuffer answer_{std::size_t{1} << 20};
    bool answered_ = false;
    bool failed_ = false;
    IoWatch watch_{IoWatch::Callback::member<&Visit::on_ready>(*this)};
    Timer patience_{Timer::Callback::member<&Visit::on_patience>(*this)};
};

MetricsServer::MetricsServer(std::uint16_t port, Collect collect)
    : collect_(std::move(collect)),
      listener_(reactor_, *Endpoint::parse("127.0.0.1", port),
                Listener::Accepted::member<&MetricsServer::on_accepted>(*this), kBacklog,
                complain_of_exhaustion),
      thread_(start_without_signals([this] {
          leave_pinned_core();
          reactor_.run();
      })) {}

MetricsServer::~MetricsServer() {
    reactor_.stop();
    thread_.join();
}

void MetricsServer::on_accepted(UniqueFd socket) {
    if (visits_.size() >= kMostVisits) return;
    const auto visit = std::make_shared<Visit>(*this, std::move(socket));
    if (!visit->failed()) visits_.emplace(visit.get(), visit);
}

void MetricsServer::forget(Visit& visit) {
    const auto found = visits_.find(&visit);
    if (found == visits_.end()) return;
    reactor_.dispose(std::move(found->second));
    visits_.erase(found);
}

}  // namespace pinwheel::tool
