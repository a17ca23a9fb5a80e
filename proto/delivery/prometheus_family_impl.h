#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace pinwheel::detail {

/// A number in the notation of Prometheus' text format.
template <class Number>
[[nodiscard]] std::string prometheus_number(Number value) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

/// One metric with its samples, appended to a text.
class PrometheusFamily {
  public:
    PrometheusFamily(std::string& out, std::string_view name, std::string_view type, std::string_view help)
        : out_(out), name_(name) {
        out_ += "# HELP " + name_ + " ";
        out_ += help;
        out_ += "\n# TYPE " + name_ + " ";
        out_ += type;
        out_ += '\n';
    }
    template <class Number>
    void sample(std::string_view suffix, std::string_view labels, std::string_view more, Number value) {
        out_ += name_;
        out_ += suffix;
        if (!labels.empty() || !more.empty()) {
            out_ += '{';
            out_ += labels;
            if (!labels.empty() && !more.empty()) out_ += ',';
            out_ += more;
            out_ += '}';
        }
        out_ += ' ' + prometheus_number(value) + '\n';
    }

  private:
    std::string& out_;
    const std::string name_;
};

}  // namespace pinwheel::detail
