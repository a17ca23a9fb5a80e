#include "nats_options.h"

#include <stdexcept>
#include <string_view>

#include "../../core/text_file.h"

namespace pinwheel {
namespace {

constexpr std::string_view kPlain = "nats://";
constexpr std::string_view kTls = "tls://";

std::int64_t ms(Duration duration) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// The position behind the scheme and in front of the host; empty if there is none.
std::string_view credentials_of(std::string_view url) noexcept {
    const auto start = url.find("://");
    const auto at = url.rfind('@');
    if (start == std::string_view::npos || at == std::string_view::npos || at < start + 3) return {};
    return url.substr(start + 3, at - start - 3);
}

std::string host_of(std::string_view url) {
    std::string_view host = url.substr(url.find("://") + 3);
    if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
    host = host.substr(0, host.find('/'));
    if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
    return std::string(host.substr(0, host.rfind(':')));
}

void require(natsStatus status, const std::string& what) {
    if (status != NATS_OK) throw std::invalid_argument(what + ": " + natsStatus_GetText(status));
}

void set_credentials(natsOptions* options, const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) throw std::invalid_argument(text.error().message());
    if (text->find("BEGIN NATS USER JWT") != std::string::npos)
        return require(natsOptions_SetUserCredentialsFromFiles(options, path.c_str(), nullptr), path);
    const std::string line = text->substr(0, text->find_first_of("\r\n"));
    if (line.empty())
        throw std::invalid_argument(path +
                                    " is empty; it holds `user:password`, a token, or is a .creds file");
    const auto colon = line.find(':');
    require(colon == std::string::npos ? natsOptions_SetToken(options, line.c_str())
                                       : natsOptions_SetUserInfo(options, line.substr(0, colon).c_str(),
                                                                 line.substr(colon + 1).c_str()),
            path);
}

void set_tls(natsOptions* options, const RelayOptions& from) {
    require(natsOptions_SetSecure(options, true), "TLS");
    require(natsOptions_SetExpectedHostname(options, host_of(from.url).c_str()), "TLS");
    if (!from.ca_file.empty())
        require(natsOptions_LoadCATrustedCertificates(options, from.ca_file.c_str()), from.ca_file);
    if (!from.certificate_file.empty())
        require(
            natsOptions_LoadCertificatesChain(options, from.certificate_file.c_str(), from.key_file.c_str()),
            from.certificate_file);
}

}  // namespace

NatsPtr<natsOptions> make_nats_options(const RelayOptions& options) {
    const bool is_tls = options.url.starts_with(kTls);
    if (!is_tls && !options.url.starts_with(kPlain))
        throw std::invalid_argument("'" + shown_url(options.url) +
                                    "' is not nats://HOST:PORT or tls://HOST:PORT");
    const std::string url = std::string(kPlain) + options.url.substr((is_tls ? kTls : kPlain).size());
    natsOptions* made = nullptr;
    require(natsOptions_Create(&made), "NATS");
    NatsPtr<natsOptions> result(made);
    require(natsOptions_SetURL(made, url.c_str()), shown_url(options.url));
    if (!options.name.empty()) require(natsOptions_SetName(made, options.name.c_str()), "the relay's name");
    require(natsOptions_SetTimeout(made, ms(options.connect_timeout)), "the connection timeout");
    require(natsOptions_SetAllowReconnect(made, false), "NATS");
    // Otherwise libnats' flusher uses the socket, up to a second after the worker has checked.
    require(natsOptions_SetSendAsap(made, true), "NATS");
    if (is_tls || !options.ca_file.empty() || !options.certificate_file.empty()) set_tls(made, options);
    if (!options.credentials_file.empty()) set_credentials(made, options.credentials_file);
    return result;
}

std::string shown_url(const std::string& url) {
    const auto secret = credentials_of(url);
    if (secret.empty()) return url;
    return std::string(url).erase(static_cast<std::size_t>(secret.data() - url.data()), secret.size() + 1);
}

std::string nats_error(const RelayOptions& options, natsStatus status) {
    std::string text = natsStatus_GetText(status);
    natsStatus last = NATS_OK;
    const char* const told = nats_GetLastError(&last);
    std::string detail = told != nullptr && last == status ? told : "";
    // libnats puts a place in its sources in front: `(conn.c:2088): `.
    if (const auto end = detail.find("): "); detail.starts_with('(') && end != std::string::npos)
        detail.erase(0, end + 3);
    if (!detail.empty() && detail != text) text += " (" + detail + ")";
    const std::string secret(credentials_of(options.url));
    for (auto at = text.find(secret); !secret.empty() && at != std::string::npos; at = text.find(secret))
        text.replace(at, secret.size(), "...");
    return shown_url(options.url) + ": " + text;
}

}  // namespace pinwheel
