#include "feed_shared.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "../../core/bounded_text_impl.h"
#include "../session/make_network.h"
#include "../session/websocket_error.h"

namespace pinwheel {
namespace {

std::vector<std::string> urls_of(const VenueProfile& profile, const FeedOptions& options) {
    if (!options.urls.empty() && !options.url.empty())
        throw WebSocketError(
            Error{Errc::invalid_argument, "url and urls are both set; leave one of them out"});
    if (!options.urls.empty()) return options.urls;
    if (!options.url.empty()) return {options.url};
    if (options.endpoint.empty()) return {profile.endpoints().front().url};
    std::string known;
    for (const auto& endpoint : profile.endpoints()) {
        if (endpoint.name == options.endpoint) return {endpoint.url};
        known += (known.empty() ? "" : ", ") + endpoint.name;
    }
    throw WebSocketError(Error{Errc::invalid_argument, profile.name() + " has no endpoint '" +
                                                           options.endpoint + "'; it has " + known});
}

std::vector<Url> parsed(const std::vector<std::string>& texts) {
    std::vector<Url> urls;
    for (const auto& text : texts) {
        auto url = Url::parse(text);
        if (!url) throw WebSocketError(url.error());
        urls.push_back(*std::move(url));
    }
    return urls;
}

}  // namespace

FeedShared::FeedShared(Reactor& its_reactor, const VenueProfile& its_profile, FeedOptions its_options)
    : reactor(its_reactor),
      profile(its_profile),
      data(profile.data()),
      options(std::move(its_options)),
      url_texts(urls_of(profile, options)),
      urls(parsed(url_texts)),
      network(options.websocket.dialer == nullptr
                  ? detail::make_network(
                        reactor, std::ranges::any_of(urls, &Url::tls) || options.websocket.before_attempt,
                        options.websocket.network)
                  : nullptr),
      dialer(options.websocket.dialer != nullptr ? *options.websocket.dialer : *network),
      channels(profile) {
    for (const auto& url : urls)
        for (const auto& limit : data.connect_limits)
            limits().limit_connects(url.host(), group(limit.scope, url), limit.rate);
}

void FeedShared::alert(std::string_view text, AlertContext context) const {
    if (is_over || !options.websocket.on_alert) return;
    std::vector<AlertField> bounded(context.begin(), context.end());
    for (auto& field : bounded) field.value = detail::bounded_text(std::move(field.value));
    options.websocket.on_alert("feed", detail::bounded_text(std::string(text)), bounded);
}

std::int64_t FeedShared::unix_ms() const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(reactor.system_now().time_since_epoch())
        .count();
}

std::string FeedShared::name_of(ChannelId channel) const {
    const ChannelName& name = channels[channel];
    return name.symbol.empty() ? name.name : name.name + " " + name.symbol;
}

/// A limit by address is one limit for the venue, whatever its hosts.
const std::string& FeedShared::group(detail::LimitScope scope, const Url& url) const noexcept {
    return scope == detail::LimitScope::ip ? profile.name() : url.host();
}

}  // namespace pinwheel
