#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../proto/venue/profile_data.h"

namespace pinwheel {

/// A message template the other way round: finds the values in a text. White space outside of strings does
/// not count.
class TemplatePattern {
  public:
    enum class Field : std::uint8_t { text, id, channel, symbol, args, number, other };
    struct Values {
        std::string id{}, channel{}, symbol{}, args{};
        std::optional<std::int64_t> number{};
    };

    TemplatePattern() = default;
    explicit TemplatePattern(const MessageTemplate& text);

    [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
    /// Reads the beginning of `text`, which is compact(). A value at the end of the template ends before
    /// `stop`, or with the text. The number of bytes that were read; nothing if the text differs.
    [[nodiscard]] std::optional<std::size_t> read(std::string_view text, std::string_view stop,
                                                  Values& values) const;

  private:
    struct Part {
        Field field = Field::text;
        std::string text{};
    };
    std::vector<Part> parts_;
};

/// Without white space outside of strings.
[[nodiscard]] std::string compact(std::string_view text);

/// Reads what a client sends by the templates of a profile. Threading: any. Allocates: for each message.
class RequestPatterns {
  public:
    static constexpr std::string_view kSubscribe = "subscribe", kUnsubscribe = "unsubscribe",
                                      kSetup = "setup", kPing = "ping", kAnswer = "answer", kLogin = "login";
    struct Found {
        std::string_view verb;  ///< one of the above
        std::string id{};
        std::vector<std::pair<std::string, std::string>> items{};  ///< channel, symbol
        std::optional<std::int64_t> number{};                      ///< in place of the items
    };

    explicit RequestPatterns(const detail::ProfileData& profile);

    /// Nothing for a message that no template makes. One that does is the login, if the profile has one.
    [[nodiscard]] std::optional<Found> read(std::string_view text) const;

  private:
    struct Verb {
        std::string_view name;
        TemplatePattern message, arg;
        std::string separator{};
    };
    [[nodiscard]] static bool read(const Verb& verb, std::string_view text, Found& out);

    std::vector<Verb> verbs_;
    bool has_login_ = false;
};

}  // namespace pinwheel
