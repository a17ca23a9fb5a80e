#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../../proto/venue/message_classifier.h"
#include "../../../proto/venue/payload_inflater.h"

namespace pinwheel::tool {

/// A message of a recorded session, as the venue sent it.
struct RecordedMessage {
    std::span<const std::byte> payload;
    bool is_text = true;
    std::size_t place = 0;  ///< its line in a capture, its number in a recording
};

/// A profile's classification of the messages of a session.
struct CaptureCheck {
    struct Unmatched {
        std::size_t place;
        std::string text;
    };
    static constexpr std::size_t kMostUnmatched = 20;  // that are kept

    std::size_t messages = 0;
    std::map<MessageKind, std::size_t> kinds;
    std::map<std::string, std::size_t> channels;  ///< data, by kind of channel
    std::vector<Unmatched> unmatched;             ///< the first ones
    std::size_t gaps = 0;
    std::size_t duplicates = 0;
};

/// One message's verdict.
struct CheckedMessage {
    std::size_t place;
    const ClassifiedMessage& message;
    const ChannelEntry* channel;  ///< null if it belongs to no channel
    SequenceVerdict verdict;
};

/// Classifies each received message of a session. Channels come from the messages, because a capture may lack
/// the requests. Binary payloads are inflated as the profile says.
class CaptureChecker {
  public:
    explicit CaptureChecker(const VenueProfile& profile);
    CaptureChecker(const CaptureChecker&) = delete;
    CaptureChecker& operator=(const CaptureChecker&) = delete;

    /// A connection begins. Earlier numbers prove nothing about its messages.
    void on_connected();
    /// Messages were not recorded here. Missing numbers prove no loss.
    void on_dropped();
    [[nodiscard]] CheckedMessage check(const RecordedMessage& message);
    [[nodiscard]] const CaptureCheck& result() const noexcept { return out_; }

  private:
    [[nodiscard]] std::string_view text_of(const RecordedMessage& message);
    [[nodiscard]] std::string text_at(const detail::FieldChoice& fields) const;
    [[nodiscard]] std::optional<ChannelId> add(const std::string& name, const std::string& symbol);
    void bind_number();

    const detail::ProfileData& data_;
    ChannelTable channels_;
    MessageClassifier classifier_;
    std::optional<PayloadInflater> inflater_;
    std::vector<SequenceRule> rules_;
    SequenceRule connection_rule_{{.kind = SequenceKind::contiguous}};
    std::string text_;
    ClassifiedMessage message_;
    CaptureCheck out_;
};

}  // namespace pinwheel::tool
