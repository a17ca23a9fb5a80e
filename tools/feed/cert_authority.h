#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pinwheel {

/// The contents of a certificate.
struct CertificateSpec {
    std::string common_name{};
    std::vector<std::string> dns_names{};
    std::vector<std::string> addresses{};
    std::chrono::seconds valid_from{-3600};  ///< relative to now
    std::chrono::seconds valid_until{24 * 3600};
    bool is_ca = false;
    int rsa_bits = 0;  ///< 0: a P-256 key
};

/// A certificate chain and its key, as PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

/// A certificate authority made at run time: for tests, demos and benchmarks.
class CertAuthority {
  public:
    /// A self-signed one.
    explicit CertAuthority(const std::string& name = "pinwheel test authority");
    /// An intermediate authority under `parent`. If not `is_ca`, it signs without the right to do so.
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
