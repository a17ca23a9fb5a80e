#include "fake_link.h"

#include <span>

#include "../../proto/record/base64_impl.h"

namespace pinwheel::test {

void FakeLink::answer_last(const std::string& topic, const std::string& request) {
    std::string id;
    for (const auto& [subject, last] : last_ids)
        if (request == last_message_request(subject)) id = last;
    for (const auto& one : stream)
        if (request == last_message_request(one.subject)) id = one.id;
    if (id.empty()) {
        answers.push_back(
            {topic, R"({"error":{"code":404,"err_code":10037,"description":"no message found"}})"});
        return;
    }
    const std::string headers = "NATS/1.0\r\nNats-Msg-Id: " + id + "\r\nPw-Seq: 1\r\n\r\n";
    std::string encoded;
    detail::append_base64(encoded, std::as_bytes(std::span(headers)));
    answers.push_back({topic, R"({"message":{"subject":"x","seq":3,"hdrs":")" + encoded + R"("}})"});
}

}  // namespace pinwheel::test
