#include "jetstream.h"

#include <span>

#include "../../core/record.h"
#include "../../proto/record/base64_impl.h"
#include "../../proto/text/json_value.h"
#include "../../proto/text/json_view.h"
#include "nats_names.h"

namespace pinwheel {
namespace {

constexpr std::int64_t kStreamNotFound = 10059;
constexpr Duration kLeastWindow = std::chrono::seconds{2};

/// A text with the padding that JsonView needs.
class PaddedText {
  public:
    explicit PaddedText(std::string_view text) : size_(text.size()) {
        text_.reserve(text.size() + kPayloadPadding);
        text_ = text;
        text_.append(kPayloadPadding, ' ');
    }
    [[nodiscard]] JsonView json() const noexcept {
        return JsonView(std::string_view(text_).substr(0, size_));
    }

  private:
    std::size_t size_;
    std::string text_;
};

/// The server's text of an error; nothing if there is none.
std::optional<std::string> error_of(const JsonView& json) {
    if (!json) return "the server's answer is no JSON";
    if (!json.raw("/error")) return std::nullopt;
    const auto words = json.string("/error/description");
    return words ? std::string(*words) : std::string("the server refuses");
}

}  // namespace

std::string jetstream_subject(std::string_view verb, std::string_view stream) {
    return "$JS.API." + std::string(verb) + "." + std::string(stream);
}

std::string create_stream_request(const JetStreamConfig& config) {
    return JsonValue({{"name", config.name},
                      {"subjects", config.subjects},
                      {"retention", "limits"},
                      {"discard", "old"},
                      {"storage", "file"},
                      {"num_replicas", 1},
                      {"max_consumers", -1},
                      {"max_msgs", -1},
                      {"max_msgs_per_subject", -1},
                      {"max_msg_size", -1},
                      {"max_bytes", config.max_bytes},
                      {"max_age", config.max_age.count()},
                      {"duplicate_window", config.duplicates.count()}})
        .dump();
}

std::string last_message_request(std::string_view subject) {
    return JsonValue({{"last_by_subj", subject}}).dump();
}

PublishAnswer parse_publish_answer(std::string_view payload) {
    // One answer comes for each message, so an answer without an error is not parsed.
    static constexpr std::string_view kDuplicate = R"("duplicate")";
    if (payload.starts_with(R"({"stream":)") && payload.find(R"("error")") == std::string_view::npos)
        return {.is_stored = true, .is_duplicate = payload.find(kDuplicate) != std::string_view::npos};
    const PaddedText text(payload);
    const JsonView json = text.json();
    if (auto error = error_of(json)) return {.why = *std::move(error)};
    if (!json.string("/stream")) return {.why = "the server's answer names no stream"};
    return {.is_stored = true, .is_duplicate = json.boolean("/duplicate").value_or(false)};
}

StreamAnswer parse_stream_answer(std::string_view payload, const std::vector<std::string>& subjects) {
    const PaddedText text(payload);
    const JsonView json = text.json();
    if (auto error = error_of(json))
        return {.is_missing = json.integer("/error/err_code") == kStreamNotFound, .why = *std::move(error)};
    StreamAnswer answer;
    answer.duplicates = Duration{json.integer("/config/duplicate_window").value_or(0)};
    if (answer.duplicates < kLeastWindow)
        answer.why = "its duplicate window is shorter than 2 s; make it 2 to 10 s";
    const auto must_be = [&](std::string_view pointer, std::string_view name, std::string_view value) {
        if (json.string(pointer) != value)
            answer.why = "its " + std::string(name) + " is not '" + std::string(value) + "'; change it";
    };
    must_be("/config/discard", "discard policy", "old");
    must_be("/config/retention", "retention", "limits");
    if (json.boolean("/config/no_ack").value_or(false))
        answer.why = "it acknowledges nothing; change 'no_ack'";
    std::vector<std::string> captured;
    for (int i = 0; const auto subject = json.string("/config/subjects/" + std::to_string(i)); ++i)
        captured.emplace_back(*subject);
    for (const auto& wanted : subjects) {
        bool is_captured = false;
        for (const auto& pattern : captured) is_captured |= covers_subject(pattern, wanted);
        if (!is_captured) answer.why = "it does not capture '" + wanted + "'; add this to its subjects";
    }
    return answer;
}

LastMessageAnswer parse_last_message_answer(std::string_view payload) {
    static constexpr std::int64_t kNotFound = 404;
    const PaddedText text(payload);
    const JsonView json = text.json();
    if (error_of(json)) return {.is_failed = json.integer("/error/code") != kNotFound};
    std::string headers;
    const auto encoded = json.string("/message/hdrs");
    if (!encoded || !detail::append_from_base64(headers, *encoded)) return {};
    return {.number = number_of_id(header_value(headers, "Nats-Msg-Id"))};
}

std::string_view header_value(std::string_view headers, std::string_view name) noexcept {
    while (!headers.empty()) {
        const auto end = headers.find("\r\n");
        auto line = headers.substr(0, end);
        headers = end == std::string_view::npos ? std::string_view() : headers.substr(end + 2);
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
        line.remove_prefix(name.size() + 1);
        while (line.starts_with(' ')) line.remove_prefix(1);
        return line;
    }
    return {};
}

}  // namespace pinwheel
