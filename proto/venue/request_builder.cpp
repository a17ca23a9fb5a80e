#include "request_builder.h"

namespace pinwheel {

const detail::RequestFormat& RequestBuilder::format() const noexcept {
    return unsubscribe_ ? profile_.data().unsubscribe : profile_.data().subscribe;
}

void RequestBuilder::begin(bool unsubscribe, std::uint64_t id, std::int64_t unix_ms) {
    unsubscribe_ = unsubscribe;
    id_ = id;
    unix_ms_ = unix_ms;
    count_ = 0;
    size_ = 0;
    first_ = kNoChannel;
    args_.clear();
}

bool RequestBuilder::stands_alone(ChannelId channel) const noexcept {
    const bool is_without_symbol = channels_[channel].wire_symbol.empty() && !format().without_symbol.empty();
    return is_without_symbol || !format().message.contains(MessageTemplate::Field::args);
}

void RequestBuilder::append_arg(ChannelId channel, std::int64_t number, std::string& out) const {
    const ChannelEntry& entry = channels_[channel];
    format().arg.render(
        {.channel = entry.text, .symbol = entry.wire_symbol, .extra = entry.kind->extra, .number = number},
        out);
}

std::string RequestBuilder::render(ChannelId channel, std::int64_t number, std::string_view args) const {
    const ChannelEntry& entry = channels_[channel];
    const bool is_without_symbol = entry.wire_symbol.empty() && !format().without_symbol.empty();
    std::string text;
    (is_without_symbol ? format().without_symbol : format().message)
        .render({.id = id_,
                 .channel = entry.text,
                 .symbol = entry.wire_symbol,
                 .args = args,
                 .extra = entry.kind->extra,
                 .number = number,
                 .unix_ms = unix_ms_},
                text);
    return text;
}

RequestBuilder::Fit RequestBuilder::add(ChannelId channel, std::int64_t number) {
    const detail::ProfileData& profile = profile_.data();
    std::string arg;
    append_arg(channel, number, arg);
    const std::size_t limit = profile.max_bytes == 0 ? SIZE_MAX : profile.max_bytes;
    if (count_ == 0) {
        const std::size_t size = render(channel, number, arg).size();
        if (size > limit) return Fit::too_large;
        first_ = channel;
        first_number_ = number;
        size_ = size;
        args_ = std::move(arg);
        count_ = 1;
        return Fit::taken;
    }
    if (stands_alone(first_) || stands_alone(channel)) return Fit::full;
    if (format().is_of_one_channel() && channels_[first_].text != channels_[channel].text) return Fit::full;
    if (profile.max_args != 0 && count_ >= profile.max_args) return Fit::full;
    const std::size_t size = size_ + format().separator.size() + arg.size();
    if (size > limit) return Fit::full;
    args_ += format().separator;
    args_ += arg;
    size_ = size;
    ++count_;
    return Fit::taken;
}

std::string RequestBuilder::finish() const {
    return render(first_, first_number_, args_);
}

std::size_t RequestBuilder::arg_size(ChannelId channel) const {
    std::string arg;
    append_arg(channel, 0, arg);
    return arg.size();
}

std::size_t RequestBuilder::size_alone(ChannelId channel) const {
    std::string arg;
    append_arg(channel, 0, arg);
    return render(channel, 0, arg).size();
}

}  // namespace pinwheel
