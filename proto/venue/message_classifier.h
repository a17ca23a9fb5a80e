#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "channel_table.h"
#include "sequence_rule.h"

namespace pinwheel {

/// What a venue's message is.
enum class MessageKind : std::uint8_t {
    data,
    ack,        ///< of a subscription or an unsubscription
    error,      ///< an answer that refuses
    pong,       ///< an answer to the venue's own ping
    heartbeat,  ///< a sign of life
    notice,     ///< the venue will cut soon
    question,   ///< wants an answer: the venue's ping
    login_accepted,
    login_refused,
    info,       ///< known, and nothing to be done
    unmatched,  ///< the profile does not know it
};

/// The kind's name. Static storage.
[[nodiscard]] std::string_view to_string(MessageKind value) noexcept;

/// What one message is, as far as the profile reads it.
struct ClassifiedMessage {
    MessageKind kind = MessageKind::unmatched;
    ChannelId channel = kNoChannel;  ///< data: of the table; none if nobody asked for it
    std::size_t index = 0;           ///< notice, question: which one of the profile
    SequenceNumbers numbers{};       ///< data
    std::optional<std::int64_t> connection_number{};
    std::int64_t venue_time = 0;  ///< data: Unix ns, 0 if not told
};

/// Tells what a message is, in one forward pass that ends early on data messages; no document is parsed.
/// A message with one of the profile's prefixes on a channel of the table is data at once, any other is put
/// to the profile's matchers. Threading: one thread. Allocates: nothing for data messages.
class MessageClassifier {
  public:
    /// `channels` outlives it.
    MessageClassifier(const VenueProfile& profile, const ChannelTable& channels);

    /// `text` has 64 readable bytes behind it.
    [[nodiscard]] ClassifiedMessage classify(std::string_view text);
    /// The fields of the last message, valid as long as its text.
    [[nodiscard]] const FieldValues& values() const noexcept { return values_; }

    /// The acknowledgement gave the channel this number, which its data messages carry.
    void bind_number(std::int64_t number, ChannelId channel) { numbers_[number] = channel; }
    /// The channel that has the number; none if there is none.
    [[nodiscard]] ChannelId channel_of(std::int64_t number) const noexcept;
    /// Numbers hold for one connection.
    void forget_numbers() noexcept { numbers_.clear(); }

    /// Appends the answer to the last message, a question.
    void render_answer(const ClassifiedMessage& question, std::uint64_t id, std::int64_t unix_ms,
                       std::string& out) const;

  private:
    [[nodiscard]] bool has_prefix(std::string_view text) const noexcept;
    [[nodiscard]] ChannelId find_channel();
    [[nodiscard]] std::string_view plain(const FieldValue& value, std::string& buffer) const;
    void read_data(std::string_view text, ClassifiedMessage& message) const;
    void match(std::string_view text, ClassifiedMessage& message);

    VenueProfile profile_;
    const detail::ProfileData& data_;
    const ChannelTable& channels_;
    FieldMask envelope_;
    FieldValues values_;
    std::unordered_map<std::int64_t, ChannelId> numbers_;
    std::string name_buffer_, symbol_buffer_;  // for the rare text with escapes
};

}  // namespace pinwheel
