#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pinwheel {

/// What a certificate is to say.
struct CertificateSpec {
    std::string common_name{};
    std::vector<std::string> dns_names{};
    std::vector<std::string> addresses{};
    std::chrono::seconds valid_from{-3600};  ///< from now
    std::chrono::seconds valid_until{24 * 3600};
    bool is_ca = false;
    int rsa_bits = 0;  ///< 0: a P-256 key
};

/// A certificate chain and its key, as PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

/// A certificate authority made on the spot: for tests, demos and benchmarks.
class CertAuthority {
  public:
    /// Signs itself.
    explicit CertAuthority(const std::string& name = "pinwheel test authority");
    /// An intermediate authority under `parent`; if not `is_ca`, one that signs without the right to.
    CertAuthority(const CertAuthority& parent, const std::string& name, bool is_ca = true);
    ~CertAuthority();

    [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }
    [[nodiscard]] Identity issue(const CertificateSpec& spec) const;
    /// A certificate signed by its own key.
    [[nodiscard]] static Identity self_signed(const CertificateSpec& spec);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::string certificate_;
};

}  // namespace pinwheel
