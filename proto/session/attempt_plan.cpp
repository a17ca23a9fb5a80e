#include "attempt_plan.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "websocket_error.h"

namespace pinwheel::detail {
namespace {

std::vector<std::string> all_texts(std::string_view url, const std::vector<std::string>& fallbacks) {
    std::vector<std::string> texts{std::string(url)};
    texts.insert(texts.end(), fallbacks.begin(), fallbacks.end());
    return texts;
}

std::vector<Url> parse_all(const std::vector<std::string>& texts) {
    std::vector<Url> urls;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto url = Url::parse(texts[i]);
        if (!url) {
            const std::string where = i > 0 ? "fallback_urls[" + std::to_string(i - 1) + "]: " : "";
            throw WebSocketError(Error{url.error().code, where + url.error().message()});
        }
        urls.push_back(*std::move(url));
    }
    return urls;
}

WebSocketError refused(Errc code, const std::string& why) {
    return WebSocketError(Error{code, "before_attempt " + why});
}

}  // namespace

AttemptPlan::AttemptPlan(std::string_view url, const WebSocketOptions& options)
    : texts_(all_texts(url, options.fallback_urls)),
      urls_(parse_all(texts_)),
      choice_(urls_.size()),
      url_(urls_.front()),
      hidden_(options.upgrade.hidden),
      may_need_tls_(options.before_attempt || std::ranges::any_of(urls_, &Url::tls)) {}

void AttemptPlan::select(const UpgradeOptions& upgrade) {
    url_ = urls_[choice_.current()];
    hidden_ = upgrade.hidden;
}

ConnectAttempt AttemptPlan::propose(ConnectionOptions& connection) {
    return {.url = texts_[choice_.current()],
            .upgrade = std::move(connection.upgrade),
            .addresses = std::move(connection.addresses),
            .number = ++proposed_};
}

void AttemptPlan::ask(const Handler<void(ConnectAttempt&)>& before_attempt, ConnectAttempt& attempt) const {
    const std::uint64_t number = attempt.number;
    try {
        before_attempt(attempt);
    } catch (const std::exception& error) {
        throw refused(Errc::io_failure, std::string("threw: ") + error.what());
    } catch (...) {
        throw refused(Errc::io_failure, "threw something that is no std::exception");
    }
    attempt.number = number;
}

void AttemptPlan::accept(ConnectAttempt attempt, ConnectionOptions& connection) {
    auto url = Url::parse(attempt.url);
    if (!url) throw refused(url.error().code, "gave an invalid URL: " + url.error().message());
    if (const Error error = validate(attempt.upgrade); error.failed())
        throw refused(error.code, "gave an invalid upgrade: " + error.message());
    url_ = *std::move(url);
    hidden_ = attempt.upgrade.hidden;
    connection.upgrade = std::move(attempt.upgrade);
    connection.addresses = std::move(attempt.addresses);
}

}  // namespace pinwheel::detail
