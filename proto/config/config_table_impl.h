#pragma once

// The keys of a config file beside kLimitRows: each is one row here. Not installed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "../../net/reactor.h"
#include "../../net/tls_context.h"

namespace pinwheel::detail {

/// The top-level sections.
inline constexpr std::array<std::string_view, 5> kSections{"url", "subscriptions", "tls", "reactor",
                                                           "websocket"};

/// A field of TlsOptions, under `tls`.
struct TlsRow {
    std::string_view name;
    std::variant<std::string TlsOptions::*, bool TlsOptions::*, TlsRecords TlsOptions::*> member;
    std::string_view why;
};
inline constexpr std::array kTlsRows{
    TlsRow{"ca_file", &TlsOptions::ca_file, "PEM file of trusted authorities, instead of the system's"},
    TlsRow{"ca_path", &TlsOptions::ca_path, "the same as a folder of hashed certificates"},
    TlsRow{"certificate_file", &TlsOptions::certificate_file, "PEM chain of the client's certificate"},
    TlsRow{"key_file", &TlsOptions::key_file, "PEM private key of the client"},
    TlsRow{"ciphers", &TlsOptions::ciphers, "OpenSSL's list for TLS 1.2; empty: its default"},
    TlsRow{"cipher_suites", &TlsOptions::cipher_suites, "OpenSSL's list for TLS 1.3; empty: its default"},
    TlsRow{"allow_tls12", &TlsOptions::allow_tls12, "false refuses TLS 1.2"},
    TlsRow{"allow_tls13", &TlsOptions::allow_tls13, "false refuses TLS 1.3"},
    TlsRow{"session_resumption", &TlsOptions::session_resumption,
           "a reconnect costs less than half of a full handshake's CPU time"},
    TlsRow{"honour_sslkeylogfile", &TlsOptions::honour_sslkeylogfile,
           "writes the session's secrets to the file that SSLKEYLOGFILE names"},
    TlsRow{"records", &TlsOptions::records,
           "in_place opens records of TLS 1.3 in the receive buffer, with fewer instructions a message"},
};
/// The value in the config's notation; `none` for an empty text.
[[nodiscard]] std::string value_of(const TlsRow& row, const TlsOptions& options);
/// The type that the config must have, in text.
[[nodiscard]] std::string expected_of(const TlsRow& row);
/// The config's notation.
[[nodiscard]] std::string_view word_of(TlsRecords records) noexcept;
[[nodiscard]] std::string_view word_of(ReactorMode mode) noexcept;

/// A key under `reactor`.
struct ReactorRow {
    std::string_view name;
    std::string_view expected;
    std::string_view why;
};
inline constexpr ReactorRow kModeRow{"mode", "'epoll' or 'busy_spin'",
                                     "busy_spin keeps one core busy and receives sooner"};
inline constexpr ReactorRow kCpuRow{"cpu", "a whole number",
                                    "the core that the reactor's thread is pinned to"};

/// A non-numeric option under `websocket`.
enum class Setting : std::uint8_t {
    reconnect_strategy,
    overflow,
    headers,
    subprotocols,
    permessage_deflate,
    any_traffic
};
struct SettingRow {
    Setting setting{};
    std::string_view field;     ///< in WebSocketOptions
    std::string_view group;     ///< the config's key is `websocket.group.key`
    std::string_view key;       ///< see `group`
    std::string_view expected;  ///< the type in text; empty: one of the setting's words
    std::string_view why;
};
inline constexpr std::array kSettingRows{
    SettingRow{Setting::reconnect_strategy, "reconnect_strategy", "reconnect", "strategy", "",
               "how long the delays between tries are"},
    SettingRow{Setting::overflow, "overflow", "queue", "overflow", "",
               "drop_newest loses messages of a slow consumer; backpressure slows the venue"},
    SettingRow{Setting::headers, "upgrade.headers", "upgrade", "headers", "an object of strings",
               "extra headers of the request; their values are never printed"},
    SettingRow{Setting::subprotocols, "upgrade.subprotocols", "upgrade", "subprotocols",
               "an array of strings", "offered in this order"},
    SettingRow{Setting::permessage_deflate, "upgrade.permessage_deflate", "upgrade", "permessage_deflate",
               "true or false", "true allows the server to compress: fewer bytes, more time a message"},
    SettingRow{Setting::any_traffic, "any_traffic_is_life", "ping", "any_traffic", "true or false",
               "true: any bytes of the server count as life, for servers that answer pings late"},
};

}  // namespace pinwheel::detail
