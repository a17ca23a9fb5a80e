#include "venue_reply.h"

#include "../../core/bounded_text_impl.h"
#include "../text/json_document_impl.h"

namespace pinwheel {

using detail::bounded_text;
using detail::first_of;

namespace {

using Element = detail::JsonElement;

std::string text_of(const FieldValue& value) {
    std::string text;
    if (value.type != JsonType::string || !unescape_json(value.text, text)) text = value.text;
    return text;
}

/// The channels of a list: texts, objects with a channel and one or more symbols, or lists of symbols by
/// channel.
class ListReader {
  public:
    ListReader(const detail::AckFormat& format, const ChannelTable& channels, std::vector<ChannelId>& out)
        : format_(format), channels_(channels), out_(out) {}

    void read(std::string_view json) {
        detail::JsonDocument document;
        Element root;
        if (!document.parse(json, root)) return;
        if (const auto elements = root.elements()) {
            for (const Element& element : *elements) read_element(element);
        } else if (const auto members = root.members()) {
            for (const auto& [name, symbols] : *members) add(name, symbols);
        }
    }

  private:
    void read_element(Element element) {
        std::string_view name;
        if (element.get(name)) return add(name, std::string_view());
        Element channel;
        if (!element.at(format_.list_channel, channel) || !channel.get(name)) return;
        Element symbols;
        if (format_.list_symbol.empty() || !element.at(format_.list_symbol, symbols))
            return add(name, std::string_view());
        add(name, symbols);
    }
    void add(std::string_view name, Element symbols) {
        std::string_view symbol;
        if (symbols.get(symbol)) return add(name, symbol);
        const auto list = symbols.elements();
        if (!list || list->empty()) return add(name, std::string_view());
        for (const Element& element : *list)
            if (element.get(symbol)) add(name, symbol);
    }
    void add(std::string_view name, std::string_view symbol) {
        if (const ChannelId id = channels_.find(name, symbol); id != kNoChannel) out_.push_back(id);
    }

    const detail::AckFormat& format_;
    const ChannelTable& channels_;
    std::vector<ChannelId>& out_;
};

}  // namespace

VenueReply read_reply(const VenueProfile& profile, const ChannelTable& channels, const FieldValues& values,
                      std::string_view text, bool is_error) {
    const detail::ProfileData& data = profile.data();
    const detail::AckFormat& ack = data.ack;
    const detail::ErrorFormat& error = data.error;
    VenueReply reply{.is_error = is_error};
    std::int64_t number = 0;
    if (parse_integer(first_of(values, is_error ? error.id : ack.id), number) && number >= 0)
        reply.id = static_cast<std::uint64_t>(number);
    const FieldValue& name = first_of(values, is_error ? error.channel : ack.channel);
    const std::string symbol = text_of(first_of(values, is_error ? error.symbol : ack.symbol));
    if (name.exists()) {
        reply.channel = channels.find(text_of(name), symbol);
        reply.names_unknown = reply.channel == kNoChannel;
    } else {
        reply.symbol = symbol;
    }
    const auto read_list = [&](const detail::FieldChoice& field, std::vector<ChannelId>& out) {
        const FieldValue& list = first_of(values, field);
        if (list.type != JsonType::array && list.type != JsonType::object) return;
        reply.has_list = true;
        ListReader(ack, channels, out).read(list.text);
    };
    read_list(is_error ? error.refused : ack.refused, reply.refused);
    if (is_error) {
        reply.wants_retry = error.retry.matches(values, text);
        reply.is_already = error.already.matches(values, text);
        reply.code = bounded_text(text_of(first_of(values, error.code)));
        reply.message = bounded_text(text_of(first_of(values, error.message)));
        return reply;
    }
    read_list(ack.accepted, reply.accepted);
    // Set only if the message has the fields that decide it.
    if ((values.found() & ack.unsubscribed.fields()) != 0)
        reply.is_unsubscription = ack.unsubscribed.matches(values, text);
    if (parse_integer(first_of(values, ack.number), number)) reply.number = number;
    return reply;
}

}  // namespace pinwheel
