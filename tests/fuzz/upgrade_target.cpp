#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../../core/bytes.h"
#include "../../proto/websocket/upgrade_client.h"
#include "../../proto/websocket/upgrade_server.h"
#include "../support/require.h"
#include "../support/scripted_dialer.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

constexpr SystemTime kNow{std::chrono::seconds{1'700'000'000}};
constexpr std::string_view kQuerySecret = "tOkEn-in-the-query";
constexpr std::string_view kHeaderSecret = "tOkEn-in-a-header";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// The client's result for an answer. Placeholders in it stand for values that a server knows from the
/// request.
struct Answered {
    UpgradeStatus status = UpgradeStatus::need_more;
    std::size_t consumed = 0;
    int http_status = 0;
    std::optional<Duration> retry_after{};
    std::string subprotocol{};
    Errc code = Errc::ok;
    std::string message{};

    friend bool operator==(const Answered&, const Answered&) = default;
};

Answered answer(std::string text, std::span<const std::size_t> pieces) {
    static SecureRandom random;
    static const Url url = *Url::parse("ws://feed.example/stream?key=" + std::string(kQuerySecret));
    static const UpgradeOptions options{.headers = {{"X-Key", std::string(kHeaderSecret)}},
                                        .subprotocols = {"one", "two"}};
    UpgradeClient client(url, options, random);
    replace_all(text, "{accept}", accept_for_key(upgrade_key(client.request())));
    replace_all(text, "{query}", kQuerySecret);
    replace_all(text, "{header}", kHeaderSecret);

    Answered answered;
    for (std::size_t at = 0, i = 0; at < text.size(); at += pieces[i++ % pieces.size()]) {
        const auto piece = std::string_view(text).substr(at, pieces[i % pieces.size()]);
        const auto outcome = client.feed(bytes_of(piece), kNow);
        require(outcome.consumed <= piece.size(), "more used than given");
        answered.status = outcome.status;
        answered.consumed += outcome.consumed;
        if (outcome.status != UpgradeStatus::need_more) break;
        require(outcome.consumed == piece.size(), "waiting for more with a rest in hand");
    }
    if (answered.status == UpgradeStatus::need_more) client.end_of_stream();
    answered.http_status = client.http_status();
    answered.retry_after = client.retry_after();
    answered.subprotocol = client.subprotocol();
    answered.code = client.error().code;
    answered.message = client.error().message();
    return answered;
}

void check(const Answered& answered, std::string_view text) {
    const bool done = answered.status == UpgradeStatus::done;
    require(done == (answered.code == Errc::ok), "an outcome that its error contradicts");
    require(!done || answered.http_status == 101, "an upgrade without 101");
    require(answered.http_status == 0 || (answered.http_status >= 100 && answered.http_status <= 999),
            "an HTTP status");
    require(!answered.retry_after || (*answered.retry_after >= Duration::zero() &&
                                      *answered.retry_after <= std::chrono::hours{366 * 24}),
            "a Retry-After");
    require(answered.subprotocol.empty() || answered.subprotocol == "one" || answered.subprotocol == "two",
            "a subprotocol that was not offered");
    require(done || (error_class(answered.code) == ErrorClass::handshake), "another class of error");
    require(answered.message.size() < 1024, "a long message");
    require(std::all_of(answered.message.begin(), answered.message.end(),
                        [](char c) { return c >= 0x20 && c < 0x7f; }),
            "a message that is no line of text");
    // A text may happen to contain the beginning of a secret.
    if (text.find(kQuerySecret.substr(0, 5)) != std::string::npos) return;
    require(answered.message.find(kQuerySecret.substr(0, 8)) == std::string::npos, "the query in a message");
    require(answered.message.find(kHeaderSecret.substr(0, 8)) == std::string::npos,
            "a header's value in a message");
}

/// A single head without a folded first header: the domain of the rules about folds and versions.
bool has_plain_head(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    const auto line_end = text.find("\r\n");
    return end != std::string_view::npos && end < 4000 && text.starts_with("HTTP/1.1 ") &&
           text.substr(line_end + 2).find_first_of(" \t") != 0 && !text.starts_with("HTTP/1.1 1");
}

/// RFC 9112 section 5.2: each fold of the head is one or more spaces.
std::string unfolded(std::string text) {
    for (auto at = text.find("\r\n"); at < text.find("\r\n\r\n"); at = text.find("\r\n", at + 1))
        if (text[at + 2] == ' ' || text[at + 2] == '\t') text.replace(at, 2, "  ");
    return text;
}

void require_same(Answered one, Answered other, const char* what) {
    one.message = other.message = {};
    one.consumed = other.consumed = 0;
    for (Answered* const answered : {&one, &other})  // the end of a refusal's body depends on the version
        if (answered->status != UpgradeStatus::done) answered->status = UpgradeStatus::failed;
    require(one == other, what);
}

}  // namespace

void fuzz_answer(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const auto sizes = draw_sizes(input);
    const std::string text(input.rest());
    auto whole = answer(text, std::vector{text.size() + 1000});
    check(whole, text);
    auto cut = answer(text, sizes);
    check(cut, text);
    // The received part of a refusal's body depends on time.
    if (whole.status != UpgradeStatus::done) {
        whole.message = cut.message = {};
        whole.consumed = cut.consumed = 0;
    }
    require(whole == cut, "another cut gives another answer");
    if (!has_plain_head(text)) return;
    const std::vector<std::size_t> once{text.size() + 1000};
    require_same(whole, answer(unfolded(text), once), "a fold is no space");
    // Only a 101 must be of HTTP/1.1 or later (RFC 9110 section 6.2). Texts with a 101 are excluded above.
    for (const char minor : {'0', '2', '9'}) {
        std::string other = text;
        other[7] = minor;
        require_same(whole, answer(other, once), "a refusal of another HTTP/1.x is another refusal");
    }
}

void fuzz_request(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const auto sizes = draw_sizes(input);
    const auto text = input.rest();
    server::UpgradeServer whole({"one", "two"});
    const auto outcome = whole.feed(bytes_of(text));
    server::UpgradeServer server({"one", "two"});
    UpgradeClient::Outcome last;
    std::size_t consumed = 0;
    for (std::size_t at = 0, i = 0; at < text.size(); at += sizes[i++ % sizes.size()]) {
        const auto piece = text.substr(at, sizes[i % sizes.size()]);
        last = server.feed(bytes_of(piece));
        consumed += last.consumed;
        if (last.status != UpgradeStatus::need_more) break;
        require(last.consumed == piece.size(), "waiting for more with a rest in hand");
    }
    require(last.status == outcome.status && consumed == outcome.consumed &&
                server.response() == whole.response() && server.target() == whole.target(),
            "another cut gives another answer");
    const auto& response = whole.response();
    require(response.empty() == (outcome.status == UpgradeStatus::need_more), "an answer too early");
    if (response.empty()) return;
    require(response.starts_with("HTTP/1.1 "), "no answer");
    require(response.find("\r\n\r\n") == response.size() - 4, "an answer that is split");
    require((outcome.status == UpgradeStatus::done) == response.starts_with("HTTP/1.1 101 "), "the status");
    if (outcome.status != UpgradeStatus::done) return;
    // The client accepts the server's answer if it is for the client's key.
    require(whole.target().starts_with('/'), "the target");
}

}  // namespace pinwheel::test
