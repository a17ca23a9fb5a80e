#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "../core/clock.h"
#include "../core/error.h"
#include "../core/function_ref.h"
#include "endpoint.h"
#include "reactor.h"

namespace pinwheel {

/// Options of name resolution.
struct ResolverOptions {
    /// The time limit of one query with all its tries.
    Duration timeout = std::chrono::seconds{5};
    /// Name servers instead of the system's, for example `127.0.0.1:5353,[::1]:53`.
    std::string servers{};
    /// The file that names the servers and search domains (resolv.conf(5)). A query that finds it changed
    /// reads it again.
    std::string resolv_conf = "/etc/resolv.conf";
};

/// Resolves host names on the reactor: literals and localhost at once, then /etc/hosts, then DNS for both
/// families. A late family does not delay the first (RFC 8305 section 3). The search domains are appended to
/// a name. A server failure for one domain does not end the search. Threading: the reactor's thread. Must
/// outlive its queries.
class Resolver {
  public:
    /// `addresses` is empty exactly if there is an error. It is valid during the call.
    using Callback = FunctionRef<void(const Error& error, std::span<const Endpoint> addresses)>;

    /// A query in progress. Its destructor drops the answer.
    class Query {
      public:
        virtual ~Query() = default;
        /// The queried names with their outcomes. Empty for a single name.
        [[nodiscard]] virtual std::string asked() const = 0;
    };

    /// Throws std::system_error if the system's configuration cannot be read or `servers` is malformed.
    explicit Resolver(Reactor& reactor, ResolverOptions options = {});
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Never calls back from inside. The errors' texts name the host.
    [[nodiscard]] std::unique_ptr<Query> resolve(const std::string& host, std::uint16_t port,
                                                 Callback callback);

    class Channel;  ///< the c-ares part; internal

  private:
    void follow_configuration();

    const ResolverOptions options_;
    std::shared_ptr<Channel> channel_;
};

}  // namespace pinwheel
