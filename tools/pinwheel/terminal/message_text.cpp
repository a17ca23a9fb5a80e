#include "message_text.h"

#include "../../../proto/text/json_document_impl.h"
#include "../commands/client.h"

namespace pinwheel::tool {
namespace {

/// Formats valid JSON. Only the space between tokens changes.
class Indenter {
  public:
    explicit Indenter(std::string_view json) : rest_(json) {}

    [[nodiscard]] std::string run() && {
        while (!rest_.empty()) step(rest_.front());
        return std::move(out_);
    }

  private:
    void step(char token) {
        switch (token) {
            case ' ':
            case '\t':
            case '\r':
            case '\n':
                return take(1, false);
            case '"':
                return take(string_size());
            case '{':
            case '[':
                return open();
            case '}':
            case ']':
                --depth_;
                if (!empty_) new_line();
                empty_ = false;
                return take(1);
            case ',':
                take(1);
                return new_line();
            case ':':
                take(1);
                out_ += ' ';
                return;
            default:
                return take(1);
        }
    }
    void take(std::size_t size, bool kept = true) {
        if (kept) out_ += rest_.substr(0, size);
        rest_.remove_prefix(size);
    }
    void open() {
        take(1);
        ++depth_;
        while (rest_.find_first_of(" \t\r\n") == 0) rest_.remove_prefix(1);
        empty_ = rest_.starts_with('}') || rest_.starts_with(']');
        if (!empty_) new_line();
    }
    void new_line() {
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }
    [[nodiscard]] std::size_t string_size() const {
        std::size_t end = 1;
        while (rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
        return end + 1;
    }

    std::string_view rest_;
    std::string out_;
    std::size_t depth_ = 0;
    bool empty_ = false;  // the innermost array or object has no element yet
};

}  // namespace

std::string pretty_json(std::string_view text) {
    static thread_local detail::JsonDocument document;
    detail::JsonElement root;
    if (!document.parse(text, root)) return std::string(text);
    return Indenter(text).run();
}

void check_pointer(std::string_view option, std::string_view pointer) {
    bool good = pointer.empty() || pointer.front() == '/';
    for (std::size_t i = 0; i < pointer.size(); ++i)
        if (pointer[i] == '~' &&
            (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
            good = false;
    if (!good)
        throw UsageError{std::string(option) + " '" + std::string(pointer) +
                         "' is not a JSON pointer; write it as /name/0/name, '~' as '~0' and '/' as '~1'"};
}

std::optional<std::string_view> MessageText::of(const Message& message) {
    auto text = std::optional(message.text());
    if (options_.filter) text = message.json().raw(*options_.filter);
    if (!text || !options_.pretty) return text;
    indented_ = pretty_json(*text);
    return indented_;
}

}  // namespace pinwheel::tool
