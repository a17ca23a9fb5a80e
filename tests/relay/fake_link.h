#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../../tools/relay/jetstream.h"
#include "../../tools/relay/nats_link.h"

namespace pinwheel::test {

/// A server in memory, with one stream that recognises ids without a time limit. Tests select the failures.
class FakeLink final : public NatsLink {
  public:
    struct Published {
        std::string subject, reply, id, payload;
        std::map<std::string, std::string> headers;
    };

    void connect() override {
        ++connects;
        state_ = can_connect ? NatsState::up : NatsState::down;
        if (!can_connect) reason = "refused";
        inbox_ = "_INBOX." + std::to_string(connects);
        answers.clear();
    }
    void disconnect() noexcept override {
        ++disconnects;
        state_ = NatsState::down;
    }
    NatsState state() override { return state_; }
    [[nodiscard]] std::string why() const override { return reason; }
    [[nodiscard]] const std::string& inbox() const override { return inbox_; }

    NatsResult publish(const NatsPublication& what) override {
        if (failing_publishes > 0) {
            --failing_publishes;
            reason = "publish failed";
            return NatsResult::failed;
        }
        if (what.payload.size() > max_payload) return NatsResult::too_large;
        Published one{what.subject, what.reply, {}, std::string(what.payload), {}};
        for (const auto& header : what.headers) one.headers[header.name] = header.value;
        if (one.headers.contains("Nats-Msg-Id")) one.id = one.headers["Nats-Msg-Id"];
        if (one.subject.starts_with(inbox_ + ".")) {
            if (!is_stopped) answers.push_back({one.subject.substr(inbox_.size() + 1), one.payload});
            return NatsResult::ok;
        }
        if (one.subject.starts_with("$JS.API.")) {
            requests.push_back(one);
            if (!is_stopped) answer_request(one);
            return NatsResult::ok;
        }
        published.push_back(one);
        if (is_stopped) return NatsResult::ok;
        serve(one);
        return NatsResult::ok;
    }
    [[nodiscard]] std::size_t buffered() const override { return buffered_bytes; }
    int turn(FunctionRef<void(const NatsAnswer&)> answer) override {
        int count = 0;
        for (; !answers.empty() && state_ == NatsState::up; ++count) {
            const Answer next = answers.front();
            answers.pop_front();
            answer({.topic = next.topic, .payload = next.payload});
        }
        return count;
    }
    void wait(Duration) override {}

    /// The connection ends.
    void cut(const std::string& why) {
        reason = why;
        state_ = NatsState::down;
    }
    /// Subjects of messages and control messages, in order.
    [[nodiscard]] std::vector<std::string> subjects() const {
        std::vector<std::string> all;
        for (const auto& one : published) all.push_back(one.subject);
        return all;
    }
    [[nodiscard]] std::vector<std::string> stored_payloads(const std::string& except = "_control") const {
        std::vector<std::string> all;
        for (const auto& one : stream)
            if (!one.subject.ends_with(except)) all.push_back(one.payload);
        return all;
    }

    struct Answer {
        std::string topic, payload;
    };
    bool can_connect = true;
    bool is_stopped = false;         // accepts everything, answers nothing
    bool is_telling_numbers = true;  // of last messages
    bool has_stream = true;          // else it makes one
    int refused_publishes = 0;       // answered with an error
    int failing_publishes = 0;       // the call fails
    std::size_t max_payload = 1 << 20;
    std::size_t buffered_bytes = 0;
    std::string stream_config =
        R"({"discard":"old","retention":"limits","subjects":["md.>","md-late.>"],"duplicate_window":4000000000})";
    std::string reason;
    int connects = 0, disconnects = 0;
    std::vector<Published> published, requests, stream;
    std::map<std::string, std::string> last_ids;  // by subject, of messages from other relays
    std::deque<Answer> answers;

  private:
    void serve(const Published& one) {
        if (one.reply.empty()) return;
        const std::string topic = one.reply.substr(inbox_.size() + 1);
        if (refused_publishes > 0) {
            --refused_publishes;
            answers.push_back(
                {topic, R"({"error":{"code":503,"description":"no space left"},"stream":"S","seq":0})"});
            return;
        }
        bool is_known = false;
        for (const auto& before : stream) is_known |= !one.id.empty() && before.id == one.id;
        if (!is_known) stream.push_back(one);
        answers.push_back({topic, is_known ? R"({"stream":"S", "seq":1,"duplicate": true})"
                                           : R"({"stream":"S", "seq":1})"});
    }
    void answer_request(const Published& request) {
        const std::string topic = request.reply.substr(inbox_.size() + 1);
        if (request.subject.starts_with("$JS.API.STREAM.INFO") && !has_stream) {
            answers.push_back(
                {topic, R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})"});
        } else if (request.subject.starts_with("$JS.API.STREAM.MSG.GET")) {
            if (is_telling_numbers) answer_last(topic, request.payload);
        } else {
            has_stream = true;
            answers.push_back({topic, R"({"config":)" + stream_config + "}"});
        }
    }
    void answer_last(const std::string& topic, const std::string& request);

    NatsState state_ = NatsState::down;
    std::string inbox_;
};

}  // namespace pinwheel::test
