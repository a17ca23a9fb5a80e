#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "channel_table.h"
#include "sequence_rule.h"

namespace pinwheel {

/// The kind of a venue's message.
enum class MessageKind : std::uint8_t {
    data,
    ack,        ///< of a subscription or an unsubscription
    error,      ///< refuses a request
    pong,       ///< answers the venue's own ping
    heartbeat,  ///< a sign of life
    notice,     ///< the venue will cut soon
    question,   ///< demands an answer: the venue's ping
    login_accepted,
    login_refused,
    info,       ///< known, without an action
    unmatched,  ///< unknown to the profile
};

/// The kind's name. Static storage.
[[nodiscard]] std::string_view to_string(MessageKind value) noexcept;

/// A classified message, with the values that the profile reads.
struct ClassifiedMessage {
    MessageKind kind = MessageKind::unmatched;
    ChannelId channel = kNoChannel;  ///< data: in the table; none for an unknown channel
    std::size_t index = 0;           ///< notice, question: its index in the profile
    SequenceNumbers numbers{};       ///< data
    std::optional<std::int64_t> connection_number{};
    std::int64_t venue_time = 0;  ///< data: Unix time in ns; 0 if not given
};

/// Classifies messages in one forward pass that ends early on data messages. It parses no document. A message
/// with one of the profile's prefixes, on a channel of the table, is data at once; a message with the
/// keys of the last one of its kind is read along the path of that one. All others go to the profile's
/// matchers. Threading: one thread. Allocates: nothing for data messages.
class MessageClassifier {
  public:
    /// `channels` outlives it.
    MessageClassifier(const VenueProfile& profile, const ChannelTable& channels);

    /// 64 readable bytes must follow `text`.
    [[nodiscard]] ClassifiedMessage classify(std::string_view text);
    /// The fields of the last message. Valid as long as its text.
    [[nodiscard]] const FieldValues& values() const noexcept { return values_; }

    /// The acknowledgement assigned this number to the channel. Its data messages carry it.
    void bind_number(std::int64_t number, ChannelId channel) { numbers_[number] = channel; }
    /// The channel with this number; none if there is none.
    [[nodiscard]] ChannelId channel_of(std::int64_t number) const noexcept;
    /// Forgets the numbers, which are valid for one connection.
    void forget_numbers() noexcept { numbers_.clear(); }

    /// Appends the answer to the last message, a question.
    void render_answer(const ClassifiedMessage& question, std::uint64_t id, std::int64_t unix_ms,
                       std::string& out) const;

  private:
    [[nodiscard]] bool has_prefix(std::string_view text) const noexcept;
    [[nodiscard]] ChannelId find_channel();
    [[nodiscard]] bool follow_paths(std::string_view text, ClassifiedMessage& message);
    [[nodiscard]] bool scan_data(std::string_view text, ClassifiedMessage& message);
    [[nodiscard]] ScanPath& path_of(const detail::ChannelKind& kind) noexcept;
    [[nodiscard]] std::string_view plain(const FieldValue& value, std::string& buffer) const;
    void read_data(std::string_view text, ClassifiedMessage& message) const;
    void match(std::string_view text, ClassifiedMessage& message);

    VenueProfile profile_;
    const detail::ProfileData& data_;
    const ChannelTable& channels_;
    FieldMask envelope_;
    FieldValues values_;
    ScanPath envelope_path_;       // to the fields that name the channel
    std::vector<ScanPath> paths_;  // from there on, by kind of channel
    std::unordered_map<std::int64_t, ChannelId> numbers_;
    std::string name_buffer_, symbol_buffer_;  // for the few texts with escapes
};

}  // namespace pinwheel
